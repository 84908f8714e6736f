"""Tools: what a request may say of them, and the rounds in which the model has called them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from chat_magic.core.reply.reply import Reply, Timing, Usage
from chat_magic.core.request.parameters import nearest
from chat_magic.errors import InvalidRequest

_LONGEST_WORDS = 100
"""Characters of a call in words."""


class ToolRun(Struct, frozen=True, kw_only=True):
    """A call of the model, and what came of running the function."""

    id: str
    name: str
    arguments: str
    """JSON if the model got it right."""
    result: str | None = None
    """What the function returned, as the model is told; None when it failed."""
    error: str | None = None
    """Why it failed, as the model is told: `ValueError: no such city`."""
    seconds: float = 0.0
    """How long it ran."""

    @property
    def content(self) -> str:
        """What the model is told."""
        return (self.error if self.result is None else self.result) or ""


class Round(Struct, frozen=True, kw_only=True):
    """An answer whose calls were run, after which the model went on."""

    reply: Reply
    timing: Timing
    """Of the answer alone, without the calls."""
    tool_runs: tuple[ToolRun, ...] = ()


def tool_name(tool: Any) -> str | None:
    """Return the name in a tool object, or in a `tool_choice` that names a tool."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None


def check_tools(parameters: Mapping[str, Any]) -> None:
    """Check the tools of a request, and that a tool that must be called is among them.

    Args:
        parameters: Values by field name, each of the right type.

    Raises:
        InvalidRequest: A tool is no function, a name is there twice, or is not there.
    """
    names: list[str] = []
    for index, tool in enumerate(parameters.get("tools", ())):
        name = tool_name(tool)
        if name is None or tool.get("type") != "function":
            raise InvalidRequest(
                f'tools[{index}]: must be a function, {{"type": "function", "function": '
                '{"name": …, "parameters": …}}'
            )
        if name in names:
            raise InvalidRequest(f"tools: two tools are named {name}")
        names.append(name)
    wanted = tool_name(parameters.get("tool_choice"))
    if wanted is not None and wanted not in names:
        raise InvalidRequest(
            f"tool_choice {wanted}: must be one of the tools, {', '.join(names)}"
            f"{nearest(wanted, names)}"
        )


def is_forced(choice: Any) -> bool:
    """Whether a `tool_choice` makes the model call a tool whatever has been said."""
    return choice == "required" or isinstance(choice, Mapping)


def call_words(name: str, arguments: str) -> str:
    """Write a call as Python does: `get_weather(city='Paris')`, shortened where it is long."""
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        given = None
    inner = (
        ", ".join(f"{key}={value!r}" for key, value in given.items())
        if isinstance(given, dict)
        else arguments
    )
    words = f"{name}({' '.join(inner.split())})"
    return words if len(words) <= _LONGEST_WORDS else f"{words[: _LONGEST_WORDS - 2]}…)"


def total_usage(usages: Sequence[Usage | None]) -> Usage | None:
    """Add up what several answers took; what is not known of each is not known of all."""
    known = [usage for usage in usages if usage is not None]
    if len(known) < 2 or len(known) < len(usages):
        return known[0] if usages and len(known) == len(usages) else None
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {name: _sum([getattr(usage, name) for usage in known]) for name in names}
    return Usage(
        **counts,
        prompt_tokens_details=_sum([usage.prompt_tokens_details for usage in known]),
        completion_tokens_details=_sum([usage.completion_tokens_details for usage in known]),
        extra=_sum([usage.extra for usage in known]) or {},
    )


def _sum(values: Sequence[Any]) -> Any:
    """Add numbers, and the numbers in objects; None where anything else is among them."""
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        sums = {name: _sum([value.get(name) for value in values]) for name in names}
        return {name: value for name, value in sums.items() if value is not None}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return sum(values)
    return None
