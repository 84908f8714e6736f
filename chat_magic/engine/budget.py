"""What a cell, a grid or a call may cost: no request starts that could pass the limit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chat_magic.core.reply.cost import UNLIMITED_TOKENS
from chat_magic.errors import BudgetExceeded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Budget", "Reservation"]


class Reservation:
    """The part of a budget that one request may use while it runs.

    Args:
        dollars: What it costs at most, as far as that can be estimated.
    """

    def __init__(self, dollars: float) -> None:
        self.dollars = dollars
        self.cost: float | None = None
        """What it did cost; None where that is not known, so that the estimate counts."""


class Budget:
    """The dollars that requests which belong together may cost; used on one event loop only.

    Args:
        max_cost: The limit in dollars; None for no limit.
    """

    def __init__(self, max_cost: float | None) -> None:
        self._max_cost = max_cost
        self._spent = 0.0
        self._reserved = 0.0
        self._n_running = 0
        self._changed = asyncio.Condition()
        self.usual_tokens = UNLIMITED_TOKENS
        """Completion tokens that a choice without a limit is taken to have at most."""

    @property
    def is_unlimited(self) -> bool:
        """Whether there is no limit."""
        return self._max_cost is None

    @asynccontextmanager
    async def reserve(self, dollars: float) -> AsyncIterator[Reservation]:
        """Set dollars aside for a request, and count what it did cost when it has ended.

        It waits while requests that run could still leave enough.

        Args:
            dollars: What the request costs at most, as far as that can be estimated.

        Raises:
            BudgetExceeded: What is left is not enough.
        """
        reservation = Reservation(dollars)
        if self.is_unlimited:
            yield reservation
            return
        async with self._changed:
            await self._changed.wait_for(lambda: self._fits(dollars) or not self._n_running)
            if not self._fits(dollars):
                raise BudgetExceeded(self._refusal(dollars))
            self._reserved += dollars
            self._n_running += 1
        try:
            yield reservation
        finally:
            self._n_running -= 1
            # What the differences of floats leave would be waited for without end.
            self._reserved = self._reserved - dollars if self._n_running else 0.0
            self._spent += dollars if reservation.cost is None else reservation.cost
            await asyncio.shield(self._notify())

    def _fits(self, dollars: float) -> bool:
        most = self._max_cost
        return most is None or self._spent + self._reserved + dollars <= most

    def _refusal(self, dollars: float) -> str:
        limit = f"max_cost ${self._max_cost:.4g}"
        passed = self._spent - (self._max_cost or 0.0)
        if passed > 0:
            return f"{limit}: passed by ${passed:.2g}, so no further request was sent"
        return (
            f"{limit}: ${self._spent:.2g} is spent, and the next request may cost about "
            f"${dollars:.2g}; raise it, or set a lower max_completion_tokens"
        )

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
