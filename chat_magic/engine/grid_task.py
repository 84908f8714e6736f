"""A grid of answers while they are being received, several at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.schema import validation
from chat_magic.engine.answer_task import AnswerTask, with_schema_warnings
from chat_magic.engine.budget import Budget
from chat_magic.engine.execution_record import (
    KEEP_BY_SETTING,
    NOT_RECORDED,
    HistoryOptions,
    Record,
)
from chat_magic.engine.task_handle import TaskHandle
from chat_magic.errors import BudgetExceeded, ChatError
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.reply.reply import TokenLogprob
    from chat_magic.engine.check_plan import CheckPlan
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session

__all__ = ["GridRun", "GridTask", "start_grid"]


LARGE = 20
"""Requests above which a grid says first how many there are and what they cost."""


class GridRun:
    """One run of a grid: waiting, running or done; other threads may read its state.

    Args:
        call: The call that is sent.
        coordinates: Its value by the name of the axis.
        record: Keeps what is sent and received.
    """

    def __init__(
        self, call: PreparedCall, coordinates: Mapping[str, Any], record: Record = NOT_RECORDED
    ) -> None:
        self.call = call
        self.coordinates = coordinates
        self._record = record
        self.task: AnswerTask | None = None
        """The answer; None while the run waits for its turn."""
        self.fault: Exception | None = None
        """Why it failed."""
        self.is_done = False
        self._result: ChatResult | None = None

    @property
    def error(self) -> str | None:
        """Why it failed, in one line; None if it did not."""
        if self.fault is None:
            return None
        return " ".join(str(self.fault).split()) or type(self.fault).__name__

    @property
    def note(self) -> str | None:
        """What is being done while no text arrives."""
        return None if self.is_done or self.task is None else self.task.note

    def texts(self) -> tuple[Sequence[str], Sequence[str | None]]:
        """Return the text of each choice so far, and its finish reason, None while it streams."""
        if self._result is not None:
            choices = self._result.choices
            texts = [choice.text for choice in choices]
            return texts, [choice.finish_reason for choice in choices]
        if self.task is None:
            return (), ()
        return self.task.answer.texts(), self.task.answer.finish_reasons()

    def scored(self) -> Sequence[Sequence[TokenLogprob]]:
        """Return the tokens of each choice that have log probabilities, as far as they arrived."""
        if self._result is not None:
            return [(c.logprobs and c.logprobs.content) or () for c in self._result.choices]
        return () if self.task is None else self.task.answer.scored()

    async def run(self, session: Session, on_change: Callable[[], None], budget: Budget) -> None:
        """Receive the answer; a fault ends this run only."""
        self.task = AnswerTask(self.call, session, on_change, self._record, budget)
        try:
            self._result = await self.task.run()
        except Exception as error:  # the other runs continue, whatever it is
            self.fault = error
            self._result = self.task.result("error")
        self.is_done = True
        on_change()

    def result(self) -> tuple[ChatResult, str | None]:
        """Return what has arrived so far, and why it is incomplete."""
        if self._result is not None:
            return self._result, self.error
        if self.task is not None:
            return self.task.result("interrupted"), "interrupted"
        request = self.call.request
        empty = ChatResult(request, Reply(), Timing(), request.warnings, self.call.schema)
        return empty, "interrupted before it was sent"


class GridTask:
    """The runs of a grid, received on the event loop; other threads may read their state.

    Args:
        plan: The calls that are sent.
        session: The session whose connections and settings are used.
        on_change: Called on the loop whenever a run has changed.
        record: Keeps what is sent and received.
        budget: What the runs may cost, if others share it; by default the limit of the calls.
    """

    def __init__(
        self,
        plan: GridPlan,
        session: Session,
        on_change: Callable[[], None],
        record: Record = NOT_RECORDED,
        budget: Budget | None = None,
    ) -> None:
        self.axes = plan.axes
        records = map(record.run, range(len(plan.calls)))
        self.runs = tuple(map(GridRun, plan.calls, plan.coordinates, records))
        self._record = record
        self._session = session
        self._on_change = on_change
        self._concurrency = plan.concurrency
        self._size = plan.size if len(plan.calls) > LARGE else None
        self._form = (plan.schema, plan.labels)
        self._budget = budget or Budget(plan.calls[0].limits.max_cost if plan.calls else None)
        self._stopwatch = Stopwatch()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""
        return self._stopwatch.elapsed_s

    @property
    def n_done(self) -> int:
        """Runs that have ended, successfully or not."""
        return sum(run.is_done for run in self.runs)

    @property
    def note(self) -> str | None:
        """How many runs are done, and what the others do while no text arrives."""
        size = [self._size] if self._size and not self.n_done else []
        return " · ".join([*size, f"{self.n_done} of {len(self.runs)} done", *self.notes])

    @property
    def notes(self) -> list[str]:
        """The distinct notes of the runs."""
        return list(dict.fromkeys(run.note for run in self.runs if run.note))

    async def run(self) -> ChatResults:
        """Receive all answers.

        Raises:
            BudgetExceeded: Some runs could have cost more than is left; `.result` holds the others.
            ChatError: All runs failed; `.result` holds what had arrived.
        """
        return await self._record.keep(self._run(), self.partial)

    async def _run(self) -> ChatResults:
        gate = asyncio.Semaphore(self._concurrency)

        async def run_in_turn(run: GridRun) -> None:
            async with gate:
                await run.run(self._session, self._on_change, self._budget)

        await asyncio.gather(*map(run_in_turn, self.runs))
        results = self._results()
        for run in self.runs:
            if isinstance(run.fault, BudgetExceeded):
                run.fault.result = results
                raise run.fault
        if self.runs and len(results.errors) == len(self.runs):
            raise _all_failed(results) from self.runs[0].fault
        return results

    def partial(self) -> ChatResults | None:
        """Return what has arrived, marked as interrupted; None if nothing has."""
        has_output = any(run.task is not None and run.task.has_output for run in self.runs)
        return self._results() if has_output else None

    def _results(self) -> ChatResults:
        ended = [run.result() for run in self.runs]
        failed = {run: error for run, (_, error) in enumerate(ended) if error is not None}
        coordinates = tuple(run.coordinates for run in self.runs)
        results = tuple(result for result, _ in ended)
        return ChatResults(
            results, self.axes, coordinates, failed,
            _history=self._record.number, _form=self._form,
        )  # fmt: skip


def _all_failed(results: ChatResults) -> ChatError:
    reasons = tuple(dict.fromkeys(results.errors.values()))
    n_others = len(reasons) - 1
    others = f" (and {n_others} other reason{'s'[: n_others != 1]})" if n_others else ""
    count = f"all {len(results)} runs failed: " if len(results) > 1 else ""
    error = ChatError(f"{count}{reasons[0]}{others}")
    error.result = results
    return error


def _finished(results: ChatResults, checks: CheckPlan) -> ChatResults:
    warned = tuple(map(with_schema_warnings, results.results))
    return checks.apply(replace(results, results=warned))


def start_grid(
    session: Session, plan: GridPlan, options: HistoryOptions = KEEP_BY_SETTING
) -> TaskHandle[ChatResults]:
    """Start the calls of a grid on the event loop of a session, and keep it in the history."""
    record = NOT_RECORDED
    if plan.calls:
        record = session.history.record("grid", plan.calls, options, plan.axes)
    has_schema = any(call.schema for call in plan.calls)
    return TaskHandle(
        session.loop,
        lambda on_change: GridTask(plan, session, on_change, record),
        finish=lambda results: _finished(results, plan.checks),
        while_waiting=validation.preload if has_schema else lambda: None,
    )
