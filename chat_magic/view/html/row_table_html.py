"""The table of a grid with rows as static HTML: its first rows, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.html.check_html import bar_html
from chat_magic.view.html.elements import (
    LINE,
    MUTED,
    SMALL,
    line,
    note,
    page,
    status_line,
    strong,
    warning_html,
)
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table
from chat_magic.view.row_table import MOST_ROWS, cell_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.view.checks_view import VariantRate
    from chat_magic.view.row_table import RowCell, RowTable

_CELL = f"padding:4px 10px 4px 10px;text-align:left;vertical-align:top;border:{LINE}"
_TITLE = "font-weight:normal"


def row_table_html(rows: RowTable, rates: Sequence[VariantRate] = ()) -> str:
    """Draw the table, with a bar in the header of each variant whose answers are checked."""
    bars = [bar_html(rate, fits=True) for rate in rates] or [""] * len(rows.variants)
    titles = [_muted(rows.index), *(_muted(column.name) for column in rows.columns)]
    titles += [
        strong(title) + "".join(line(_unbroken(fact)) for fact in facts) + bar
        for title, facts, bar in zip(rows.variants, rows.variant_facts, bars, strict=True)
    ]
    shown = range(min(len(rows.titles), MOST_ROWS))
    body = [
        [
            escape(rows.titles[row]),
            *(isolated(column.values[row]) for column in rows.columns),
            *map(row_cell_html, rows.cells_of(row)),
        ]
        for row in shown
    ]
    html = table(titles, body, cell=_CELL, title=_TITLE)
    n_more = len(rows.titles) - len(shown)
    more = note(f"{n_more:,} more row{'s'[: n_more != 1]}") if n_more else ""
    head, *facts = rows.facts
    return page(status_line(head, facts, rows.notices) + html + more)


def _unbroken(fact: str) -> str:
    """Write a fact whose percentages stay in one line."""
    return escape(fact).replace(" %", "&nbsp;%")


def _muted(text: str) -> str:
    return f'<span style="{MUTED}">{escape(text)}</span>'


def row_cell_html(cell: RowCell) -> str:
    """Draw a cell: marks, the beginning of the answer, and below it facts and the label's bar."""
    text = warning_html(cell.text) if cell.is_failed else isolated(cell.text)
    marks = "".join(mark.symbol for mark in cell.marks)
    said = " · ".join(cell_facts(cell))
    line = f'<div style="{SMALL};{MUTED}">{escape(said)}</div>' if said else ""
    bar = "" if cell.prob is None else _bar(cell.prob)
    return f"{f'{strong(marks)} ' if marks else ''}{text}{line}{bar}"


def _bar(prob: float) -> str:
    """Draw a probability as a bar; it is said in words, too."""
    filled = f"width:{prob:.0%};height:4px;background-color:rgba(46,139,208,0.65)"
    frame = "height:4px;background-color:rgba(127,127,127,0.2);min-width:60px"
    return f'<div style="{frame}"><div style="{filled}"></div></div>'
