"""A call of one of the notebook's functions, while it runs and afterwards."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.reply.tool_rounds import ToolRun, call_words
from chat_magic.core.schema.python_types import read_arguments
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.reply.reply import ToolCall

__all__ = ["ToolCallTask"]


class ToolCallTask:
    """A tool call that is running or done; other threads may read its state.

    Args:
        call: The call as the model wrote it.
        function: The function that it names; None if there is no such function.
    """

    def __init__(self, call: ToolCall, function: Callable[..., Any] | None) -> None:
        self.description = call_words(call.called.name, call.called.arguments)
        self._call = call
        self._function = function
        self._stopwatch = Stopwatch()
        self._seconds = 0.0
        self._outcome: Mapping[str, str] | None = None
        """Its text, by `result` or `error`; None while it is running."""

    @property
    def is_done(self) -> bool:
        """Whether it has returned or failed."""
        return self._outcome is not None

    async def run(self) -> None:
        """Run it: a coroutine function on this loop, any other function in a new thread."""
        function, text = self._function, self._call.called.arguments
        if function is None:
            outcome = {"error": f"there is no tool named {self._call.called.name}"}
        elif inspect.iscoroutinefunction(function):
            outcome = await _await_call(function, text)
        else:
            outcome = await _in_thread(lambda: _call(function, text))
        self._seconds = self._stopwatch.elapsed_s
        self._outcome = outcome

    def tool_run(self) -> ToolRun:
        """Return its outcome; a call that is still running counts as interrupted."""
        return ToolRun(
            id=self._call.id,
            name=self._call.called.name,
            arguments=self._call.called.arguments,
            seconds=self._seconds if self._outcome else self._stopwatch.elapsed_s,
            **(self._outcome or {"error": "interrupted"}),
        )


def _call(function: Callable[..., Any], text: str) -> dict[str, str]:
    try:
        return {"result": _result_text(function(**read_arguments(function, text)))}
    except BaseException as error:
        return _error(error)


async def _await_call(function: Callable[..., Any], text: str) -> dict[str, str]:
    try:
        return {"result": _result_text(await function(**read_arguments(function, text)))}
    except BaseException as error:  # a SystemExit would end the loop of all requests
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return _error(error)


async def _in_thread(work: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Work in a new daemon thread.

    An interrupted request abandons the thread; a worker of a pool would stay busy, and keep the
    process from ending.
    """
    future: Future[dict[str, str]] = Future()
    future.set_running_or_notify_cancel()
    thread = threading.Thread(
        target=lambda: future.set_result(work()), name="chat-magic tool", daemon=True
    )
    thread.start()
    return await asyncio.wrap_future(future)


def _result_text(value: Any) -> str:
    """Return a function's value as text: itself, its JSON, or its `str`."""
    if not isinstance(value, str):
        try:
            value = msgspec.json.encode(value).decode()
        except (TypeError, ValueError, OverflowError, RecursionError):
            value = str(value)
    return well_formed(value)


def _error(error: BaseException) -> dict[str, str]:
    try:
        words = str(error)
    except Exception:
        words = "its message cannot be read"
    return {"error": well_formed(f"{type(error).__name__}: {words}")}
