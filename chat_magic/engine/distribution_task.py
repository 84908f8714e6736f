"""A distribution while it is being found: the likeliest beginnings are extended, some at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chat_magic.core.reply.cost import estimated_cost
from chat_magic.core.reply.thinking import LIKELY, NO_THINKING, begins_thought
from chat_magic.core.request.messages import Message
from chat_magic.core.unset import UNSET
from chat_magic.engine.budget import Budget
from chat_magic.engine.execution_record import NOT_RECORDED, Record
from chat_magic.errors import ChatError, InvalidRequest, RequestTimeout
from chat_magic.results.answer_distribution import Distribution
from chat_magic.results.distribution_record import recorded_distribution, result_of_distribution
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat_magic.analysis.answer_search import AnswerSearch, NextToken
    from chat_magic.core.request.search_limits import SearchLimits
    from chat_magic.engine.continuations import Continuations
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.results.answer_distribution import Method
    from chat_magic.results.chat_result import ChatResult

__all__ = ["DistributionTask", "SearchPlan"]

_CONCURRENCY = 4
"""Beginnings that are extended at a time."""


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """What is searched for, and what was found before."""

    call: PreparedCall
    """The request, complete."""
    limits: SearchLimits
    search: AnswerSearch
    """The tree, which may have been begun before; the task extends it."""
    n_requests: int = 0
    """Requests that it has cost before."""
    total_s: float = 0.0
    """Seconds that it has taken before."""
    connect: Callable[[], Awaitable[tuple[Continuations, Method]]] = field(repr=False)
    """Returns what tells the continuations, and whether it does so by token ids."""


class DistributionTask:
    """A search on the event loop; other threads may read its progress.

    Args:
        plan: What is searched for.
        on_change: Called on the loop after each request.
        record: Keeps what is found.
    """

    def __init__(
        self,
        plan: SearchPlan,
        on_change: Callable[[], None] = lambda: None,
        record: Record = NOT_RECORDED,
    ) -> None:
        self._plan = plan
        self._on_change = on_change
        self._record = record
        self._budget = Budget(plan.call.limits.max_cost)
        self._stopwatch = Stopwatch()
        self._method: Method = "token ids"
        self.search = plan.search
        """The tree so far."""
        self.n_requests = 0
        """Requests whose answers have arrived."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""
        return self._stopwatch.elapsed_s

    @property
    def note(self) -> str | None:
        """What is being done."""
        reached = f"{100 * self.search.covered:.0f} % found"
        most = self._plan.limits.max_requests
        return f"{self.n_requests} of at most {most} requests: {reached}"

    async def run(self) -> Distribution:
        """Extend the tree until enough is found, or the requests are spent.

        Raises:
            ChatError: It failed; `.result` is the distribution so far, if anything was found.
        """
        replay = self._plan.call.replay
        if replay is not None and replay.found is not None:
            request, number = self._plan.call.request, self._record.number
            found = replace(replay.found, request=request, _history=number)
            return recorded_distribution(await self._record.keep(_returned(found), lambda: None))
        try:
            result = await self._record.keep(self._searched(), self._partial_result)
        except ChatError as error:
            error.result = self.partial()
            raise
        if replay is not None:
            await asyncio.to_thread(
                replay.recordings.keep, result, replay.draw, replay.asked, self._record.execution
            )
        return self._found()

    def partial(self) -> Distribution | None:
        """Return what was found so far; None if nothing was."""
        return self._found() if self.n_requests else None

    async def _searched(self) -> ChatResult:
        """Search, and return the result that is kept."""
        timeout_s = self._plan.call.limits.timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                await self._search()
        except TimeoutError as error:
            late = RequestTimeout(f"the distribution was not found within {timeout_s:g} s")
            late.result = self._partial_result()
            raise late from error
        except ChatError as error:
            error.result = self._partial_result()
            raise
        return result_of_distribution(self._found())

    async def _search(self) -> None:
        limits = self._plan.limits
        continuations, self._method = await self._plan.connect()
        while not self._is_enough:
            count = min(_CONCURRENCY, limits.max_requests - self.n_requests)
            nodes = self.search.best(count, limits.at)
            if not nodes:
                break
            try:
                async with asyncio.TaskGroup() as group:
                    for node in nodes:
                        group.create_task(self._extend(node, continuations))
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None

    @property
    def _is_enough(self) -> bool:
        limits = self._plan.limits
        if self.n_requests >= limits.max_requests:
            return True
        return not limits.at and self.search.covered >= limits.mass

    async def _extend(self, node: int, continuations: Continuations) -> None:
        prefix = self.search.prefix(node)
        async with self._budget.reserve(self._most_dollars(prefix)):
            found = await continuations.after(prefix)
            self._check_thoughts(node, found)
            self.search.extend(node, found)
            self.n_requests += 1
        self._on_change()

    def _check_thoughts(self, node: int, found: Sequence[NextToken]) -> None:
        if not node and sum(one.prob for one in found if begins_thought(one.text)) > LIKELY:
            raise InvalidRequest(
                "distribution: the model thinks before it answers: these would be the beginnings "
                f"of its thoughts; {NO_THINKING}"
            )

    def _most_dollars(self, prefix: Sequence[NextToken]) -> float:
        """Return what one request costs at most: the prompt, a beginning and a token."""
        request = self._plan.call.request
        begun = Message(role="assistant", content="".join(token.text for token in prefix))
        one = replace(
            request,
            messages=(*request.messages, begun),
            parameters={**request.parameters, "max_completion_tokens": 1, "n": UNSET},
        )
        return estimated_cost(one, self._plan.call.price)

    def _partial_result(self) -> ChatResult | None:
        return result_of_distribution(self._found()) if self.n_requests else None

    def _found(self) -> Distribution:
        plan, request = self._plan, self._plan.call.request
        warnings = (*request.warnings, *self._record.warnings)
        if plan.call.replay is not None:
            warnings += plan.call.replay.recordings.warnings
        return Distribution(
            request=request,
            search=self.search,
            method=self._method,
            n_requests=plan.n_requests + self.n_requests,
            total_s=plan.total_s + self.elapsed_s,
            warnings=tuple(dict.fromkeys(warnings)),
            _history=self._record.number,
        )


async def _returned(result: ChatResult) -> ChatResult:
    return result
