"""A row of the history: what is known of one execution without reading its result."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

KINDS: Final = ("answer", "grid", "map")
"""What an execution can be: a single answer, the runs of a grid, or the rows of a map."""
STATUSES: Final = ("running", "complete", "interrupted", "failed")
"""How an execution stands, or ended."""

SESSION_MARK: Final = "#"
"""Begins the id of a cell that is unique in its kernel session only, such as one of VS Code."""


class HistoryRow(Struct, frozen=True, kw_only=True):
    """One execution; a number that is not known is None."""

    id: int
    """Its number in the history, from 1."""
    started_s: float
    """Start, in seconds since 1970-01-01 UTC."""
    kind: str
    """One of `KINDS`."""
    status: str
    """One of `STATUSES`."""
    model: str
    """As `vendor/model`; several, of a grid, are joined by commas."""
    prompt: str = ""
    """Text of the last user message."""
    answer: str = ""
    """Text of the first choice."""
    answers: int = 0
    """Choices that arrived, of all runs."""
    requests: int = 1
    """Runs of a grid, rows of a map; 1 for an answer."""
    failed: int = 0
    """How many of them failed."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    """In dollars."""
    ttft_s: float | None = None
    total_s: float | None = None
    error: str | None = None
    notebook: str | None = None
    """Path of the notebook."""
    cell_id: str | None = None
    thread: str | None = None
    is_starred: bool = False
    note: str = ""
    is_replayed: bool = False
    """Whether the answer is a recorded one, for which nothing was sent."""
