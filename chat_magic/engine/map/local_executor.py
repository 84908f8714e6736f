"""The rows of a map, asked from this process: as many at a time as the map's limits allow."""

from __future__ import annotations

import asyncio
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.cost import estimated_usage
from chat_magic.engine.answer_task import AnswerTask
from chat_magic.engine.budget import Budget
from chat_magic.engine.map.map_estimate import UsualTokens
from chat_magic.engine.map.map_faults import ends_the_map
from chat_magic.engine.map.pacer import Pacer
from chat_magic.engine.map.row_executor import FinishedRow
from chat_magic.errors import BudgetExceeded, ChatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from chat_magic.engine.map.row_executor import MapLimits, MapPorts, PreparedRow

__all__ = ["LocalExecutor"]

_AHEAD = 4
"""Rows that are prepared or running, for each request that may run at a time."""
_TICK_S = 0.2
"""How often a waiting thread wakes up, so that it notices an interrupt on every platform."""


class LocalExecutor:
    """Asks rows on the event loop of the session; see `RowExecutor`."""

    def __init__(self, limits: MapLimits) -> None:
        self._limits = limits
        self._is_closed = self._is_stopped = False
        self._pacer: Pacer | None = None

    @property
    def capacity(self) -> int:
        """How many rows it may have been given that are not finished."""
        return _AHEAD * self._limits.concurrency

    def start(self, ports: MapPorts) -> None:
        """Start as many workers as requests may run at a time."""
        self._ports = ports
        self._loop = ports.session.loop
        self._queue: asyncio.Queue[PreparedRow | None] = asyncio.Queue()
        self._running: Future[None] = self._loop.submit(self._run())
        self._running.add_done_callback(self._on_end)

    def submit(self, rows: Sequence[PreparedRow]) -> None:
        """Take rows, in the order of the data, and return at once."""
        self._loop.submit(self._add(rows))

    def finish(self) -> None:
        """Know that no further rows come."""
        self._loop.submit(self._add([None] * self._limits.concurrency))

    def drain(self) -> None:
        """Start no further request, and wait until those that run have ended."""
        self._loop.submit(self._drain())
        while not self._running.done():
            wait([self._running], _TICK_S)

    def close(self) -> None:
        """Cancel what still runs."""
        self._is_closed = True
        self._running.cancel()
        wait([self._running], _TICK_S)
        if self._pacer is not None and self._pacer.n_slowed:
            self._ports.note("rate")

    @property
    def notice(self) -> None:
        """Nothing goes on after the end."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Nothing is to be said besides."""
        return {}

    async def _run(self) -> None:
        self._budget = Budget(self._limits.max_cost)
        self._usual = UsualTokens()
        self._pacer = pacer = Pacer(self._limits, self._fail)
        workers = [asyncio.create_task(self._work(pacer)) for _ in range(self._limits.concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    async def _work(self, pacer: Pacer) -> None:
        while (row := await self._queue.get()) is not None:
            try:
                finished = await self._ask(row, pacer)
            except BudgetExceeded as error:
                self._ports.note("max_cost")
                self._fail(error)
            else:
                if finished.error is not None and ends_the_map(finished.error):
                    self._stop()
                self._ports.put(finished)
            await asyncio.sleep(0)  # others first: many answers may have come at once

    async def _ask(self, row: PreparedRow, pacer: Pacer) -> FinishedRow:
        """Ask a row; a fault ends this row only."""
        usual = self._usual.value
        usage = estimated_usage(row.call.request, unlimited_tokens=usual)
        pace = pacer.row((usage.prompt_tokens or 0) + (usage.completion_tokens or 0))
        self._budget.usual_tokens = usual
        task = AnswerTask(row.call, self._ports.session, budget=self._budget, pace=pace)
        try:
            result = await task.run()
        except BudgetExceeded:
            raise
        except Exception as error:  # the other rows continue, whatever it is
            return FinishedRow(position=row.position, key=row.key, error=error)
        pace.succeed(result.usage)
        if result.usage is not None:
            self._usual.add(result.usage.completion_tokens, result.request.n)
        return FinishedRow(position=row.position, key=row.key, result=result)

    async def _add(self, rows: Sequence[PreparedRow | None]) -> None:
        if not self._is_stopped:
            for row in rows:
                self._queue.put_nowait(row)

    async def _drain(self) -> None:
        self._stop()

    def _fail(self, error: ChatError) -> None:
        """End the map; what runs goes on to its end."""
        self._stop()
        self._ports.fail(error)

    def _stop(self) -> None:
        """Forget the rows that were not started, and let each worker end."""
        while not self._queue.empty():
            self._queue.get_nowait()
        for _ in range(self._limits.concurrency):
            self._queue.put_nowait(None)
        self._is_stopped = True

    def _on_end(self, running: Future[None]) -> None:
        """End the map where its workers have ended before it."""
        if self._is_closed:
            return
        if running.cancelled():
            self._ports.fail(ChatError("the map was cancelled: its event loop was closed"))
        elif isinstance(error := running.exception(), Exception):
            self._ports.fail(error)
