"""The history as plain text: columns that line up, a line for each execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.text.aligned_rows import aligned_rows
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from chat_magic.view.history_view import HistoryLine, HistoryView

_PROMPT, _ANSWER = 32, 40
"""Columns of a terminal that a prompt and an answer take."""


def history_text(view: HistoryView) -> str:
    """Write a history, the newest first."""
    rows = [_cells(line) for line in view.lines]
    return "\n".join([view.title, *aligned_rows(rows)])


def _cells(line: HistoryLine) -> list[str]:
    texts = (
        line.number, line.time, line.model, _cut(line.prompt, _PROMPT), _cut(line.answer, _ANSWER),
        line.tokens, line.cost, line.remark,
    )  # fmt: skip
    return [terminal_safe(text) for text in texts]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].removesuffix('…')}…"
