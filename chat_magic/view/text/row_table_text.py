"""The table of a grid with rows as plain text: its first rows, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.row_table import MOST_ROWS, cell_note
from chat_magic.view.text.comparison_text import WIDTH
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.view.row_table import RowCell, RowTable

_NARROWEST = 12
"""Characters that a column has at least, if its values are as long."""


def row_table_text(rows: RowTable) -> str:
    """Write the table."""
    shown = range(min(len(rows.titles), MOST_ROWS))
    lines = [[rows.index, *(column.name for column in rows.columns), *rows.variants]]
    if any(rows.variant_facts):
        blank = [""] * (1 + len(rows.columns))
        lines.append([*blank, *(" · ".join(facts) for facts in rows.variant_facts)])
    for row in shown:
        own = [column.values[row] for column in rows.columns]
        lines.append([rows.titles[row], *own, *map(_cell, rows.cells_of(row))])
    n_more = len(rows.titles) - len(shown)
    parts = [_aligned(lines), *([f"{n_more:,} more row{'s'[: n_more != 1]}"] if n_more else [])]
    parts.append(" · ".join(rows.facts))
    parts += [f"note: {notice}" for notice in rows.notices]
    return terminal_safe("\n".join(parts))


def _cell(cell: RowCell) -> str:
    said = cell_note(cell)
    text = f"failed: {cell.text}" if cell.is_failed else cell.text
    return f"{said} | {text}" if said else text


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Write cells in columns that share the width of a line as they need it."""
    needed = [max(map(len, column)) for column in zip(*lines, strict=True)]
    room = WIDTH - 2 * (len(needed) - 1)
    widths = _shares(needed, room)
    return "\n".join(
        "  ".join(
            _fitted(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _shares(needed: Sequence[int], room: int) -> list[int]:
    """Give each column what it needs, the long ones an equal share of what is left."""
    widths = dict.fromkeys(range(len(needed)), 0)
    waiting = sorted(widths, key=lambda column: needed[column])
    for n_done, column in enumerate(waiting):
        share = max(room // (len(waiting) - n_done), _NARROWEST)
        widths[column] = min(needed[column], share)
        room -= widths[column]
    return [widths[column] for column in range(len(needed))]


def _fitted(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"
