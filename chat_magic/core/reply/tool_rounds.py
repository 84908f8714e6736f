"""Rounds of tool calls: an answer that calls tools, and what running them returned."""

from __future__ import annotations

import json

from msgspec import Struct

from chat_magic.core.reply.reply import Reply, Timing  # noqa: TC001 - msgspec reads them
from chat_magic.core.schema.python_types import unwrap_object

_LONGEST_CALL = 100
"""Characters of a call written as text."""


class ToolRun(Struct, frozen=True, kw_only=True):
    """A tool call of the model, and the outcome of running the function."""

    id: str
    name: str
    arguments: str
    """Text that should be JSON."""
    result: str | None = None
    """What the function returned, as sent to the model; None when it failed."""
    error: str | None = None
    """Why it failed, as sent to the model: `ValueError: no such city`."""
    seconds: float = 0.0
    """How long it ran."""

    @property
    def content(self) -> str:
        """What is sent to the model."""
        return (self.error if self.result is None else self.result) or ""


class ToolRound(Struct, frozen=True, kw_only=True):
    """An answer whose tool calls were run, before the model continued."""

    reply: Reply
    timing: Timing
    """Of the answer alone, without the calls."""
    tool_runs: tuple[ToolRun, ...] = ()


def call_words(name: str, arguments: str) -> str:
    """Return a call as Python code, `get_weather(city='Paris')`, shortened where it is long."""
    try:
        given = json.loads(unwrap_object(arguments) or "{}")
    except (ValueError, RecursionError):
        given = None
    inner = (
        ", ".join(f"{key}={value!r}" for key, value in given.items())
        if isinstance(given, dict)
        else arguments
    )
    words = f"{name}({' '.join(inner.split())})"
    return words if len(words) <= _LONGEST_CALL else f"{words[: _LONGEST_CALL - 2]}…)"
