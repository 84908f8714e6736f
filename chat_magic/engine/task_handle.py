"""A run on the background loop: it starts at once, is waited for, shown and cancelled."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from chat_magic.errors import ChatInterrupted
from chat_magic.transport import loop as background

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

__all__ = ["BackgroundRun", "take"]

T = TypeVar("T", bound="ChatResult | ChatResults")

_TICK_S = 0.2
"""How often a waiting thread looks up, so that an interrupt is noticed on every platform."""
_CLOSE_S = 0.2
"""How long an interrupted request may take to close its connection."""


@dataclass(frozen=True)
class _Done(Generic[T]):
    """A run's end, if it did not fail."""

    value: T


class BackgroundRun(ABC, Generic[T]):
    """Something that is being answered; its subclass says what, and calls `start` when it can."""

    def __init__(self) -> None:
        self._has_changed = False
        self._changes: SimpleQueue[None] = SimpleQueue()
        self._ends: SimpleQueue[None] = SimpleQueue()
        self._outcome: _Done[T] | BaseException | None = None
        self._future: Future[None]

    @property
    @abstractmethod
    def elapsed_s(self) -> float:
        """Seconds since it was started."""

    @property
    @abstractmethod
    def note(self) -> str | None:
        """What is being done while no answer comes, in words."""

    @abstractmethod
    async def _answer(self) -> T:
        """Do it, on the background loop; `_change` tells that something has come."""

    @abstractmethod
    def _so_far(self) -> T | None:
        """Return what had come when it was interrupted, None if nothing had."""

    def _accepted(self, value: T) -> T:
        """Return the result as the caller gets it; called in the caller's thread."""
        return value

    def start(self) -> None:
        """Begin."""
        self._future = background.submit(self._run())

    async def _run(self) -> None:
        try:
            self._outcome = _Done(await self._answer())
        except BaseException as error:
            self._outcome = error
            if not isinstance(error, Exception):
                raise
        finally:
            self._ends.put(None)
            self._changes.put(None)

    def _change(self) -> None:
        if not self._has_changed:
            self._has_changed = True
            self._changes.put(None)

    def wait(self, show: Callable[[Self], float] | None = None) -> T:
        """Wait for the result.

        Args:
            show: Called in this thread after changes; returns the seconds until its next call.

        Raises:
            ChatError: It failed; what had arrived is its `.result`.
            ChatInterrupted: The user interrupted; likewise.
        """
        # An interrupt can strike anywhere here. It must leave no lock held that the loop's thread
        # takes too, as it can with the locks inside Event, Condition and Future.
        try:
            while self._outcome is None:
                if show is None:
                    self._await_end(_TICK_S)
                    continue
                take(self._changes)
                self._has_changed = False
                if self._outcome is None:
                    self._await_end(show(self))
            if isinstance(self._outcome, _Done):
                return self._accepted(self._outcome.value)
        except KeyboardInterrupt:
            self.cancel()
            raise self._interrupted() from None
        if isinstance(self._outcome, asyncio.CancelledError):
            raise self._interrupted() from None
        raise self._outcome

    def _await_end(self, timeout_s: float) -> None:
        """Wait for the end, so long at most; it can be waited for again."""
        if take(self._ends, timeout_s):
            self._ends.put(None)

    def cancel(self) -> None:
        """Stop it: its connections are closed at once."""
        self._future.cancel()
        self._await_end(_CLOSE_S)
        if self._outcome is None:  # it had not begun, or closes slowly
            self._outcome = asyncio.CancelledError()

    def _interrupted(self) -> ChatInterrupted:
        error = ChatInterrupted("the request was interrupted")
        error.result = self._so_far()
        return error


def take(queue: SimpleQueue[Any], timeout_s: float = _TICK_S) -> bool:
    """Wait for an item; return whether one came in time. An interrupt here leaves no lock held."""
    try:
        queue.get(timeout=timeout_s)
    except Empty:
        return False
    return True
