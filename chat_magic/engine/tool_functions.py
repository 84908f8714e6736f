"""The functions of the notebook that a model may have called, and the running of their calls."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.reply.tool_rounds import ToolRun, call_words
from chat_magic.core.request.parameters import PARAMETERS, check
from chat_magic.core.request.tools import tool_name
from chat_magic.core.schema.python_types import read_arguments, tool_of
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.transport.exchange import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.reply.reply import Reply, ToolCall
    from chat_magic.core.request.request import ChatRequest

__all__ = ["NO_TOOLS", "RunningCall", "Toolbox", "with_tools"]

MAX_ROUNDS = 5
"""How often calls are run where nothing else is said."""
MOST_ROUNDS = 100
_CUT_OFF = ("length", "content_filter")
"""Finish reasons of answers whose last call may be half of one."""


@dataclass(frozen=True)
class Toolbox:
    """The functions that a model may have called, and how often."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """By the name of their tool."""
    max_rounds: int = MAX_ROUNDS

    @property
    def is_used(self) -> bool:
        """Whether any call would be run."""
        return bool(self.functions) and self.max_rounds > 0

    def check(self, request: ChatRequest) -> None:
        """Refuse what leaves open which choice goes on.

        Raises:
            InvalidRequest: Several choices are asked for.
        """
        if self.is_used and request.n != 1:
            raise InvalidRequest(
                f"n {request.n}: tools that are functions need n = 1, since one answer goes on; "
                "with max_tool_rounds 0 nothing runs"
            )

    def calls_to_run(self, request: ChatRequest, reply: Reply) -> tuple[ToolCall, ...]:
        """Return the calls of an answer that are to be run, all of it or none.

        None are where one names a tool that was given as an object: it is the user's to answer.
        """
        if not self.is_used or len(reply.choices) != 1:
            return ()
        if reply.choices[0].finish_reason in _CUT_OFF:
            return ()
        calls = reply.choices[0].tool_calls
        objects = {tool_name(tool) for tool in request.parameters["tools"]} - set(self.functions)
        return () if any(call.function.name in objects for call in calls) else calls


NO_TOOLS = Toolbox()


def with_tools(
    request: ChatRequest, tools: Sequence[Any], max_rounds: int | None = None
) -> tuple[ChatRequest, Toolbox]:
    """Add tools to those that a request has.

    Args:
        request: A request, not yet checked as a whole.
        tools: Python functions, which may then be run, and the API's tool objects, which are not.
        max_rounds: How often calls are run at most, 0 to 100; 5 if not given.

    Raises:
        InvalidRequest: One is neither, there are too many, or `max_rounds` is out of its range.
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
        return request, Toolbox(functions)
    if type(max_rounds) is not int or not 0 <= max_rounds <= MOST_ROUNDS:
        raise InvalidRequest(
            f"max_tool_rounds {max_rounds}: must be a whole number, 0 to {MOST_ROUNDS}"
        )
    if not functions:
        raise InvalidRequest("max_tool_rounds needs tools that are functions: nothing else runs")
    return request, Toolbox(functions, max_rounds)


class RunningCall:
    """A call that runs, or has run; one thread works on it, others may read it.

    Args:
        call: What the model wrote.
        function: What it calls; None where there is no such tool.
    """

    def __init__(self, call: ToolCall, function: Callable[..., Any] | None) -> None:
        self.words = call_words(call.function.name, call.function.arguments)
        self._call = call
        self._function = function
        self._watch = Stopwatch()
        self._seconds = 0.0
        self._outcome: Mapping[str, str] | None = None
        """`result` or `error`."""

    @property
    def is_done(self) -> bool:
        """Whether anything has come of it."""
        return self._outcome is not None

    async def run(self) -> None:
        """Run it: a coroutine function on this loop, any other in a thread of its own."""
        function, text = self._function, self._call.function.arguments
        if function is None:
            outcome = {"error": f"there is no tool named {self._call.function.name}"}
        elif inspect.iscoroutinefunction(function):
            outcome = await _awaited(function, text)
        else:
            outcome = await _in_thread(lambda: _called(function, text))
        self._seconds = self._watch.elapsed_s
        self._outcome = outcome

    def tool_run(self) -> ToolRun:
        """Return what came of it; one that still runs counts as interrupted."""
        return ToolRun(
            id=self._call.id,
            name=self._call.function.name,
            arguments=self._call.function.arguments,
            seconds=self._seconds if self._outcome else self._watch.elapsed_s,
            **(self._outcome or {"error": "interrupted"}),
        )


def _called(function: Callable[..., Any], text: str) -> dict[str, str]:
    try:
        return {"result": _written(function(**read_arguments(function, text)))}
    except BaseException as error:
        return _failure(error)


async def _awaited(function: Callable[..., Any], text: str) -> dict[str, str]:
    try:
        return {"result": _written(await function(**read_arguments(function, text)))}
    except BaseException as error:  # a SystemExit would end the loop of all requests
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return _failure(error)


async def _in_thread(work: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Work in a thread that nobody waits for.

    An interrupted request leaves it behind, and it keeps neither a worker of a pool busy nor the
    process from ending, as a worker of a pool would.
    """
    future: Future[dict[str, str]] = Future()
    future.set_running_or_notify_cancel()
    thread = threading.Thread(
        target=lambda: future.set_result(work()), name="chat-magic tool", daemon=True
    )
    thread.start()
    return await asyncio.wrap_future(future)


def _written(value: Any) -> str:
    """Write what a function returned as the model reads it: text, JSON, or as it prints."""
    if not isinstance(value, str):
        try:
            value = msgspec.json.encode(value).decode()
        except (TypeError, ValueError, OverflowError, RecursionError):
            value = str(value)
    return well_formed(value)


def _failure(error: BaseException) -> dict[str, str]:
    try:
        words = str(error)
    except Exception:
        words = "its message cannot be read"
    return {"error": well_formed(f"{type(error).__name__}: {words}")}
