"""How much of a model's window a conversation takes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ThreadUse"]


@dataclass(frozen=True, kw_only=True)
class ThreadUse:
    """The conversation that an answer belongs to."""

    name: str
    window: int | None = None
    """The tokens that its model can read; None if not known."""
