"""A task on the event loop, and the handle by which threads wait for it, show and cancel it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from chat_magic.errors import ChatInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from chat_magic.transport.loop import EventLoopThread

__all__ = ["Task", "TaskHandle", "take", "with_display_warning"]


class Result(Protocol):
    """What a task returns: a `ChatResult` or `ChatResults`."""

    def _with_warning(self, words: str) -> Self:
        """Return the result with one more warning."""


R = TypeVar("R", bound=Result)
R_co = TypeVar("R_co", bound=Result, covariant=True)

_TICK_S = 0.2
"""How often a waiting thread wakes up, so that it notices an interrupt on every platform."""
_CLOSE_S = 0.2
"""How long an interrupted request may take to close its connection."""


class Task(Protocol[R_co]):
    """One answer, a grid or a map: it runs on the loop, and other threads read its progress."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""

    @property
    def note(self) -> str | None:
        """What is being done while no text arrives."""

    async def run(self) -> R_co:
        """Receive the result."""

    def partial(self) -> R_co | None:
        """Return what has arrived, marked as interrupted; None if nothing has."""


@dataclass(frozen=True)
class _Returned(Generic[R]):
    """The outcome of a task that did not fail."""

    value: R


class TaskHandle(Generic[R]):
    """A task that was started, for the threads that wait for it.

    Args:
        loop: The loop on which it runs.
        make_task: Creates the task; its argument is the function to call after changes.
        finish: Completes the result in the waiting thread.
        while_waiting: Called in that thread before it waits: slow work that `finish` needs.
        on_cancel: Called in the thread that cancels it, before its connections are closed.
    """

    def __init__(
        self,
        loop: EventLoopThread,
        make_task: Callable[[Callable[[], None]], Task[R]],
        finish: Callable[[R], R],
        while_waiting: Callable[[], None] = lambda: None,
        on_cancel: Callable[[], None] = lambda: None,
    ) -> None:
        self._while_waiting = while_waiting
        self._on_cancel = on_cancel
        self._finish = finish
        self._has_changed = False
        self._changes: SimpleQueue[None] = SimpleQueue()
        self._ends: SimpleQueue[None] = SimpleQueue()
        self._outcome: _Returned[R] | BaseException | None = None
        self.task = make_task(self._on_change)
        """The task itself, with its progress."""
        self._future: Future[None] = loop.submit(self._run())

    def wait(self, show: Callable[[Task[R]], float] | None = None) -> R:
        """Wait for the result.

        Args:
            show: Called in this thread after changes; returns the seconds until its next call. If
                it raises, the task continues without display, and the result has a warning.

        Raises:
            ChatError: The task failed; `.result` holds what had arrived.
            ChatInterrupted: It was interrupted; `.result` holds what had arrived.
        """
        # An interrupt can occur at any point here. It must not leave a lock held that the loop's
        # thread needs too; those inside Event, Condition and Future could be.
        try:
            self._while_waiting()
            # CPython 3.13 does not guard the jump at the end of a loop, so no loop stands here.
            outcome, fault = self._await_outcome(show)
            if isinstance(outcome, _Returned):
                result = self._finish(outcome.value)
                return with_display_warning(result, fault) if fault else result
        except KeyboardInterrupt:
            self.cancel()
            raise self._interrupted() from None
        except BaseException:
            self.cancel()
            raise
        if isinstance(outcome, asyncio.CancelledError):
            raise self._interrupted() from None
        raise with_display_warning(outcome, fault) if fault else outcome

    def cancel(self) -> None:
        """Cancel it; its connections are closed at once."""
        self._on_cancel()
        self._future.cancel()
        self._await_end(_CLOSE_S)
        if self._outcome is None:  # it had not started, or is slow to close
            self._outcome = asyncio.CancelledError()

    def _await_outcome(
        self, show: Callable[[Task[R]], float] | None
    ) -> tuple[_Returned[R] | BaseException, Exception | None]:
        """Show changes until the task ends; return its outcome, and what showing one raised."""
        fault: Exception | None = None
        while self._outcome is None:
            if show is None or fault is not None:
                self._await_end(_TICK_S)
            else:
                fault = self._show_change(show)
        return self._outcome, fault

    def _show_change(self, show: Callable[[Task[R]], float]) -> Exception | None:
        """Wait for a change and show it; return what showing it raised."""
        take(self._changes)
        self._has_changed = False
        if self._outcome is not None:
            return None
        try:
            delay_s = show(self.task)
        except Exception as fault:
            return fault
        self._await_end(delay_s)
        return None

    async def _run(self) -> None:
        try:
            self._outcome = _Returned(await self.task.run())
        except BaseException as error:
            self._outcome = error
            if not isinstance(error, Exception):
                raise
        finally:
            self._ends.put(None)
            self._changes.put(None)

    def _on_change(self) -> None:
        if not self._has_changed:
            self._has_changed = True
            self._changes.put(None)

    def _await_end(self, timeout_s: float) -> None:
        """Wait for the end, or until the timeout; further calls see the end too."""
        if take(self._ends, timeout_s):
            self._ends.put(None)

    def _interrupted(self) -> ChatInterrupted:
        error = ChatInterrupted("the request was interrupted")
        partial: Any = self.task.partial()
        error.result = partial
        return error


def with_display_warning(outcome: Any, fault: Exception) -> Any:
    """Add a warning that it could not be drawn to a result, or to the partial one of an error."""
    warning = f"the display failed: {type(fault).__name__}: {fault}"
    if not isinstance(outcome, BaseException):
        return outcome._with_warning(warning)
    if partial := getattr(outcome, "result", None):
        outcome.result = partial._with_warning(warning)  # type: ignore[attr-defined]
    return outcome


def take(queue: SimpleQueue[Any], timeout_s: float = _TICK_S) -> bool:
    """Wait for an item; return whether one arrived. An interrupt here leaves no lock held."""
    try:
        queue.get(timeout=timeout_s)
    except Empty:
        return False
    return True
