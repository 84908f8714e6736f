"""The history as a static table in HTML."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from chat_magic.view.html.elements import MUTED, SMALL, nowrap, page, strong, warning_html
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table

if TYPE_CHECKING:
    from chat_magic.view.history_view import HistoryLine, HistoryView

_TITLES = ("", "time", "model", "prompt", "answer", "tokens", "cost", "")
_SHORT = 24
"""Characters of a remark that stays in one line."""
_HINT = (
    "%chat /show #N draws one · /cell #N writes its cell · /rerun #N sends it again · "
    "/star #N NOTE · /forget #N"
)


def history_html(view: HistoryView) -> str:
    """Draw a history: a row for each execution, and the commands for one."""
    title = f'<div style="{SMALL};{MUTED};margin:4px 0">{escape(view.title)}</div>'
    if not view.rows:
        return page(title)
    hint = f'<div style="{SMALL};{MUTED}">{escape(_HINT)}</div>'
    cells = [_cells(line) for line in view.lines]
    used = [any(column) for column in zip(*cells, strict=True)]
    titles, *rows = ([*compress(row, used)] for row in (_TITLES, *cells))
    return page(title + table(titles, rows) + hint)


def _cells(line: HistoryLine) -> list[str]:
    remark = warning_html(line.remark) if line.is_fault else _muted(line.remark)
    return [
        nowrap(strong(line.number)),
        nowrap(_muted(line.time)),
        nowrap(escape(line.model)),
        isolated(line.prompt),
        isolated(line.answer),
        nowrap(_muted(line.tokens)),
        nowrap(_muted(line.cost)),
        (nowrap(remark) if len(line.remark) <= _SHORT else remark) if line.remark else "",
    ]


def _muted(text: str) -> str:
    return f'<span style="{MUTED}">{escape(text)}</span>' if text else ""
