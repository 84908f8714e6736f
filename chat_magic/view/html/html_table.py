"""Small tables in static HTML, styled so that no front end's style sheet changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE = "border-collapse:collapse;margin:0 0 6px 0;font-size:{size};table-layout:auto"
CELL = "padding:1px 8px 1px 0;text-align:left;vertical-align:top;border:none"
TITLE = "font-weight:normal;opacity:0.65;white-space:nowrap"


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    cell: str = CELL,
    title: str = TITLE,
    size: str = "85%",
) -> str:
    """Return a table whose cells are HTML, which scrolls by itself where it is too wide.

    Args:
        titles: Of the columns.
        rows: Their cells.
        cell: The style of every cell.
        title: The style added to it in the first row.
        size: The font size.
    """
    head = "".join(f'<th style="{cell};{title}">{content}</th>' for content in titles)
    body = "".join(
        _row("".join(f'<td style="{cell}">{content}</td>' for content in row)) for row in rows
    )
    return (
        f'<div style="overflow-x:auto"><table style="{_TABLE.format(size=size)}">'
        f'<thead style="border:none">{_row(head)}</thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: str) -> str:
    return f'<tr style="background-color:transparent">{cells}</tr>'
