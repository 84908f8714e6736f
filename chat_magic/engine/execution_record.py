"""What a task tells the history: its start, what arrives, and its end."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from chat_magic.errors import ChatError
from chat_magic.results.chat_result import ChatResult

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from chat_magic.core.reply.sse import Event
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.threads import Turn
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.results.history_number import HistoryNumber
    from chat_magic.store.execution import RowUse
    from chat_magic.store.history_store import WrittenExecution
    from chat_magic.transport.exchange import Listener

__all__ = [
    "KEEP_BY_SETTING",
    "NOT_RECORDED",
    "ExecutionRecord",
    "HistoryOptions",
    "Record",
    "RunRecord",
]

R = TypeVar("R", bound="ChatResult | ChatResults")


@dataclass(frozen=True, kw_only=True)
class HistoryOptions:
    """How an execution is kept."""

    keep: bool | None = None
    """Whether it is; None where the setting decides."""
    source: str | None = None
    """The text of its cell; None for that of the cell that is running."""
    turn: Turn | None = None
    """The turn of a conversation that it is."""
    row_use: RowUse | None = None
    """The rows on which its answers are checked, if they are."""


KEEP_BY_SETTING = HistoryOptions()


class Record:
    """The record of an execution that is not kept."""

    number: HistoryNumber | None = None
    """What will tell its number in the history."""
    warnings: tuple[str, ...] = ()
    """What has gone wrong with the history."""
    execution: WrittenExecution | None = None
    """The row that is being written."""

    def run(self, _run: int) -> Record:
        """Return the record of one run of it."""
        return self

    def listen(self, _request: ChatRequest, _choice: int | None = None) -> Listener | None:
        """Note that a request is sent; `choice` is the index of the missing one that it asks for.

        Returns:
            What is to be told of each arrival, if anything.
        """
        return None

    async def keep(self, running: Coroutine[None, None, R], _partial: Callable[[], R | None]) -> R:
        """Run it; its end is kept by others, or not at all."""
        return await running

    def abandon(self) -> None:
        """Note that it is being cancelled."""


NOT_RECORDED = Record()


class ExecutionRecord(Record):
    """The record of an execution that is kept.

    Args:
        execution: The row that is being written.
        number: What will tell its number.
        warnings: What has gone wrong with the history.
        turn: The turn of a conversation that it is.
    """

    def __init__(
        self,
        execution: WrittenExecution,
        number: HistoryNumber,
        warnings: tuple[str, ...] = (),
        turn: Turn | None = None,
    ) -> None:
        self.number = number
        self.warnings = warnings
        self.execution = execution
        self._execution = execution
        self._turn = turn
        self._numbers = itertools.count()

    def run(self, run: int) -> Record:
        """Return the record of one run of a grid."""
        return RunRecord(self, run)

    def listen(self, request: ChatRequest, choice: int | None = None) -> Listener:
        """Note that a request of the only run is sent."""
        return self.listen_to(0, request, choice)

    def listen_to(self, run: int, request: ChatRequest, choice: int | None) -> Listener:
        """Note that a request of a run is sent; what arrives is kept in the journal."""
        from chat_magic.engine.execution_rows import request_json
        from chat_magic.store.journal import Arrival, Exchange

        number, append = next(self._numbers), self._execution.arrivals.append
        append(lambda: Exchange(run, number, request_json(request.body()), choice))

        def listen(events: Sequence[Event], t_ms: float, *, is_whole: bool = False) -> None:
            append(Arrival(number, t_ms, [event.data for event in events], is_whole))

        return listen

    async def keep(self, running: Coroutine[None, None, R], partial: Callable[[], R | None]) -> R:
        """Run it, and keep its result, or what had arrived before it failed or was interrupted."""
        try:
            result = await running
        except ChatError as error:
            self._end(error.result, "failed", error)
            raise
        except Exception as error:
            self._end(None, "failed", error)
            raise
        except BaseException:
            self._end(partial(), "interrupted")
            raise
        if self._turn is not None and isinstance(result, ChatResult):
            result = cast("R", self._turn.answered(result))
        self._end(result, "complete")
        return result

    def abandon(self) -> None:
        """Note that it is being cancelled: the next turn of its conversation need not wait."""
        if self._turn is not None:
            self._turn.abandon()

    def _end(
        self,
        result: ChatResult | ChatResults | None,
        status: str,
        error: BaseException | None = None,
    ) -> None:
        from chat_magic.engine.execution_rows import end_of

        words = None if error is None else " ".join(str(error).split()) or type(error).__name__
        if self._turn is not None:
            self._execution.turn = self._turn.end(result, status)
        self._execution.end(lambda: end_of(result, status=status, error=words))


class RunRecord(Record):
    """The record of one run of a grid, whose end is that of the grid."""

    def __init__(self, record: ExecutionRecord, run: int) -> None:
        self.number = record.number
        self.execution = record.execution
        self._record = record
        self._run = run

    def listen(self, request: ChatRequest, choice: int | None = None) -> Listener:
        """Note that a request of this run is sent."""
        return self._record.listen_to(self._run, request, choice)
