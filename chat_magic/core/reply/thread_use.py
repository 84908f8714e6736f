"""Conversations over several cells: as they are listed, and as a status line shows them."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["ThreadRow", "ThreadUse"]


class ThreadRow(Struct, frozen=True, kw_only=True):
    """A conversation, as it is listed."""

    thread: str
    """Its name."""
    turns: int
    """How many are part of it; 0 after a reset."""
    model: str | None = None
    """Of the last turn, as the next two."""
    started_s: float | None = None
    """In seconds since 1970-01-01 UTC."""
    total_tokens: int | None = None
    prompt: str | None = None
    """The text of the first turn."""


class ThreadUse(Struct, frozen=True, kw_only=True):
    """The conversation that an answer belongs to."""

    name: str
    window: int | None = None
    """The tokens that its model can read; None if not known."""
