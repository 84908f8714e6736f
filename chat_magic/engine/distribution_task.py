"""A distribution while it is being found: the likeliest beginnings are extended, some at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chat_magic.results.answer_distribution import Distribution
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat_magic.analysis.answer_search import AnswerSearch
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.continuations import Continuations
    from chat_magic.results.answer_distribution import Method

__all__ = ["DistributionTask"]

_CONCURRENCY = 4
"""Beginnings that are extended at a time."""


class DistributionTask:
    """A search on the event loop; other threads may read its progress.

    Args:
        request: What is asked.
        search: The tree, which may have been begun before.
        connect: Returns what tells the continuations, and whether it does so by token ids.
        mass: The probability that is enough, 0 to 1.
        max_requests: The most requests.
        below: The node whose continuations are looked for; 0 for all.
        warnings: What is to be known about the result.
        on_change: Called on the loop after each request.
    """

    def __init__(
        self,
        request: ChatRequest,
        search: AnswerSearch,
        connect: Callable[[], Awaitable[tuple[Continuations, Method]]],
        *,
        mass: float,
        max_requests: int,
        below: int,
        warnings: tuple[str, ...],
        on_change: Callable[[], None],
    ) -> None:
        self._request = request
        self._connect = connect
        self._mass = mass
        self._max_requests = max_requests
        self._below = below
        self._warnings = warnings
        self._on_change = on_change
        self._stopwatch = Stopwatch()
        self._method: Method = "token ids"
        self.search = search
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
        return f"{self.n_requests} of at most {self._max_requests} requests: {reached}"

    async def run(self) -> Distribution:
        """Extend the tree until enough is found, or the requests are spent."""
        continuations, self._method = await self._connect()
        while not self._is_enough:
            count = min(_CONCURRENCY, self._max_requests - self.n_requests)
            nodes = self.search.best(count, self._below)
            if not nodes:
                break
            try:
                async with asyncio.TaskGroup() as group:
                    for node in nodes:
                        group.create_task(self._extend(node, continuations))
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from None
        return self._result()

    def partial(self) -> Distribution | None:
        """Return what was found so far; None if nothing was."""
        return self._result() if self.n_requests else None

    @property
    def _is_enough(self) -> bool:
        if self.n_requests >= self._max_requests:
            return True
        return not self._below and self.search.covered >= self._mass

    async def _extend(self, node: int, continuations: Continuations) -> None:
        found = await continuations.after(self.search.prefix(node))
        self.search.extend(node, found)
        self.n_requests += 1
        self._on_change()

    def _result(self) -> Distribution:
        return Distribution(
            request=self._request,
            search=self.search,
            method=self._method,
            n_requests=self.n_requests,
            total_s=self.elapsed_s,
            warnings=tuple(dict.fromkeys(self._warnings)),
        )
