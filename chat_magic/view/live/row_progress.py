"""The progress of a grid with rows: its table, whose cells fill in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chat_magic.core.cell.variants import variant_titles
from chat_magic.view.html.elements import LINE, MUTED, SMALL, note, state_html
from chat_magic.view.html.escape import escape
from chat_magic.view.row_table import MOST_ROWS, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis

_BEGINNING = 80
"""Characters of an answer in a cell, while others stream."""
_CELL = f"text-align:left;vertical-align:top;padding:2px 8px;border:{LINE};{SMALL}"


class RunState(Protocol):
    """The state of one run, as a cell shows it."""

    @property
    def texts(self) -> Sequence[str]:
        """The text of each choice so far."""

    @property
    def is_waiting(self) -> bool:
        """Whether its request has not been sent yet."""

    @property
    def note(self) -> str | None:
        """What is being done while no text arrives."""

    @property
    def error(self) -> str | None:
        """Why it failed, in one line."""

    @property
    def is_underway(self) -> bool:
        """Whether it is being answered."""


def rows_html(axes: Sequence[Axis], runs: Sequence[RunState]) -> str:
    """Draw a row for each row of the data, at most 200: from the first that is not complete.

    Args:
        axes: Those of the grid, the rows first.
        runs: In row-major order.
    """
    titles, variants = axes[0].titles, variant_titles(axes)
    width = len(variants)
    first = next((at for at, run in enumerate(runs) if run.is_waiting or run.is_underway), 0)
    start = max(0, min(first // width - MOST_ROWS // 4, len(titles) - MOST_ROWS))
    shown = range(start, min(start + MOST_ROWS, len(titles)))
    head = "".join(map(_head, [axes[0].name, *variants]))
    lines = [
        _head(titles[row]) + "".join(map(_cell, runs[row * width : (row + 1) * width]))
        for row in shown
    ]
    body = "".join(f'<tr style="background-color:transparent">{row}</tr>' for row in [head, *lines])
    style = "border-collapse:collapse;table-layout:fixed;width:100%"
    table = f'<table class="chm-live-rows" style="{style}">{body}</table>'
    return f'<div style="overflow-x:auto">{table}</div>' + _others(len(titles), len(shown))


def _others(count: int, n_shown: int) -> str:
    return note(f"{count - n_shown:,} other rows") if count > n_shown else ""


def _head(title: str) -> str:
    return f'<th style="{_CELL};font-weight:normal;{MUTED}">{escape(title)}</th>'


def _cell(run: RunState) -> str:
    return f'<td style="{_CELL}">{_content(run)}</td>'


def _content(run: RunState) -> str:
    if run.error is not None:
        return state_html(f"failed: {run.error}")
    text = cut(next(filter(None, run.texts), ""))
    if text:
        return escape(text if len(text) <= _BEGINNING else f"{text[: _BEGINNING - 1]}…")
    return state_html("" if run.is_waiting else run.note or "…")
