"""The functions of the notebook that a model may call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.request.parameters import PARAMETERS, check
from chat_magic.core.request.tools import tool_name
from chat_magic.core.schema.python_types import tool_of
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.reply.reply import Reply, ToolCall
    from chat_magic.core.request.request import ChatRequest

__all__ = ["NO_TOOLS", "ToolFunctions", "with_tools"]

MAX_ROUNDS = 5
"""The default number of rounds of calls."""
MOST_ROUNDS = 100
_CUT_OFF = ("length", "content_filter")
"""Finish reasons of answers whose last tool call may be incomplete."""


@dataclass(frozen=True)
class ToolFunctions:
    """The functions that a model may call, and the most rounds of calls."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """By the name of the tool."""
    max_rounds: int = MAX_ROUNDS

    @property
    def can_run(self) -> bool:
        """Whether calls are run at all."""
        return bool(self.functions) and self.max_rounds > 0

    def check(self, request: ChatRequest) -> None:
        """Check that a single choice is requested, since only one can continue.

        Raises:
            InvalidRequest: Several choices are requested.
        """
        if self.can_run and request.n != 1:
            raise InvalidRequest(
                f"n {request.n}: tools that are functions require n = 1, since one answer "
                "continues; with max_tool_rounds 0 no function is run"
            )

    def calls_to_run(self, request: ChatRequest, reply: Reply) -> tuple[ToolCall, ...]:
        """Return the calls of an answer that are run: all of them, or none.

        None are run if one of them names a tool that was given as an object: the user answers it.
        """
        if not self.can_run or len(reply.choices) != 1:
            return ()
        if reply.choices[0].finish_reason in _CUT_OFF:
            return ()
        calls = reply.choices[0].tool_calls
        objects = {tool_name(tool) for tool in request.parameters["tools"]} - set(self.functions)
        return () if any(call.called.name in objects for call in calls) else calls


NO_TOOLS = ToolFunctions()


def with_tools(
    request: ChatRequest, tools: Sequence[Any], max_rounds: int | None = None
) -> tuple[ChatRequest, ToolFunctions]:
    """Add tools to those that a request has.

    Args:
        request: A request that has not been checked as a whole.
        tools: Python functions, which are run when called, and the API's tool objects, which are
            not.
        max_rounds: The most rounds of calls, 0 to 100; by default 5.

    Raises:
        InvalidRequest: A tool is neither, there are too many, or `max_rounds` is out of range.
    """
    given = request.parameters.get("tools", UNSET)
    objects = [] if given is UNSET else list(given)
    functions: dict[str, Callable[..., Any]] = {}
    for tool in tools:
        described = tool if isinstance(tool, dict) else tool_of(tool)
        if described is not tool:
            functions[described["function"]["name"]] = tool
        objects.append(described)
    if tools:
        request = replace(request, parameters={**request.parameters, "tools": objects})
        check(PARAMETERS["tools"], objects)
    if max_rounds is None:
        return request, ToolFunctions(functions)
    if type(max_rounds) is not int or not 0 <= max_rounds <= MOST_ROUNDS:
        raise InvalidRequest(
            f"max_tool_rounds {max_rounds}: must be a whole number, 0 to {MOST_ROUNDS}"
        )
    if not functions:
        raise InvalidRequest(
            "max_tool_rounds requires tools that are functions, since only those are run"
        )
    return request, ToolFunctions(functions, max_rounds)
