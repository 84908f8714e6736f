"""The history as a table to scan: a value that notebooks and terminals draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_magic.view.excerpt import one_line
from chat_magic.view.html_repr import HtmlRepr
from chat_magic.view.summary import money, number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from chat_magic.core.reply.history_row import HistoryRow

__all__ = ["HistoryLine", "HistoryView", "history_lines"]

PROMPT_CHARACTERS, ANSWER_CHARACTERS = 60, 80
"""How much of a prompt and an answer is shown."""
_MODEL_CHARACTERS = 28
_RECENT_DAYS = 300
"""Older rows are shown with their year."""


class HistoryLine(NamedTuple):
    """A row as it is drawn."""

    number: str
    """Its number as it is typed: `#1042`, with a star where it has one."""
    time: str
    model: str
    prompt: str
    answer: str
    tokens: str
    cost: str
    remark: str
    """What is unusual: the status, failed runs, the note."""
    is_fault: bool


def history_lines(rows: Sequence[HistoryRow], now: datetime) -> list[HistoryLine]:
    """Return rows as they are drawn.

    Args:
        rows: The rows.
        now: The present, whose time zone the times are shown in.
    """
    return [_line(row, now) for row in rows]


def _line(row: HistoryRow, now: datetime) -> HistoryLine:
    answer = row.answer
    if row.kind != "answer":
        answer = f"{row.kind} of {row.requests}: {answer}"
    elif row.answers > 1:
        answer = f"{row.answers} answers: {answer}"
    return HistoryLine(
        number=f"#{row.id}{' ★' * row.is_starred}",
        time=_time(row.started_s, now),
        model=_shortened(row.model, _MODEL_CHARACTERS),
        prompt=_shortened(one_line(row.prompt), PROMPT_CHARACTERS),
        answer=_shortened(one_line(answer or row.error or ""), ANSWER_CHARACTERS),
        tokens=_tokens(row),
        cost="" if row.cost is None else money(row.cost),
        remark=" · ".join(_remarks(row)),
        is_fault=row.status in {"failed", "interrupted"},
    )


def _time(started_s: float, now: datetime) -> str:
    """Return a time: of today without the date, of long ago with the year."""
    time = now.fromtimestamp(started_s, now.tzinfo)
    if time.date() == now.date():
        return f"{time:%H:%M:%S}"
    return f"{time:%Y-%m-%d}" if (now - time).days > _RECENT_DAYS else f"{time:%d %b %H:%M}"


def _tokens(row: HistoryRow) -> str:
    if row.prompt_tokens is None and row.completion_tokens is None:
        return ""
    return f"{row.prompt_tokens or 0} in · {row.completion_tokens or 0} out"


def _remarks(row: HistoryRow) -> list[str]:
    remarks = [] if row.status == "complete" else [row.status]
    if row.failed and row.kind != "answer":
        remarks.append(f"{row.failed} failed")
    if row.is_replayed:
        remarks.append("recorded")
    if row.thread:
        remarks.append(f"thread {row.thread}")
    if row.total_s is not None and row.total_s >= 10:
        remarks.append(f"{number(row.total_s)} s")
    return [*remarks, *filter(None, [one_line(row.note)])]


def _shortened(text: str, most: int) -> str:
    text = text.strip()
    return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass(frozen=True, repr=False)
class HistoryView(HtmlRepr):
    """The newest rows of the history that match a query; `.table` is the DataFrame."""

    rows: Sequence[HistoryRow]
    query: str
    now: datetime
    """The time at which they were looked up, with the zone in which times are shown."""
    are_versions: bool = False
    """Whether they are the versions of a cell, which are numbered from the oldest."""

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as `chat_magic.history` returns them."""
        from chat_magic.analysis.history_table import history_table

        return history_table(self.rows)

    @property
    def lines(self) -> list[HistoryLine]:
        """The rows as they are drawn."""
        lines = history_lines(self.rows, self.now)
        if not self.are_versions:
            return lines
        return [
            line._replace(remark=" · ".join(filter(None, [f"version {version}", line.remark])))
            for version, line in zip(range(len(lines), 0, -1), lines, strict=True)
        ]

    @property
    def title(self) -> str:
        """How many rows there are, in words."""
        noun = "version" if self.are_versions else "execution"
        count = f"{len(self.rows)} {noun}{'s'[: len(self.rows) != 1]}"
        asked = f" for {self.query}" if self.query else ""
        return f"{count}{asked}, the newest first" if self.rows else f"no {noun}s{asked}"

    def __repr__(self) -> str:
        from chat_magic.view.text.history_text import history_text

        return history_text(self)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.history_html import history_html

        return {"text/plain": repr(self), "text/html": history_html(self)}
