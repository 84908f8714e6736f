"""The executor that spreads the rows of a map over the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.cost import (
    cost_of,
    estimated_usage,
    highest_cost,
    service_tier,
)
from chat_magic.engine.budget import Budget
from chat_magic.engine.map.dask_cluster import DaskCluster
from chat_magic.engine.map.lease_book import LeaseBook
from chat_magic.engine.map.lease_messages import Orders, lease_of
from chat_magic.engine.map.lease_pump import REPORT_S
from chat_magic.engine.map.map_estimate import UsualTokens
from chat_magic.engine.map.map_faults import ends_the_map
from chat_magic.engine.map.pacer import Pacer
from chat_magic.engine.map.row_answer import decode_answer
from chat_magic.engine.map.row_executor import FinishedRow
from chat_magic.errors import ApiError, BudgetExceeded, InvalidRequest
from chat_magic.transport.loop import in_thread, stop_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from distributed import Client

    from chat_magic.engine.map.lease_messages import Lease, Report, Returned
    from chat_magic.engine.map.row_executor import MapLimits, MapPorts, PreparedRow
    from chat_magic.errors import ChatError
    from chat_magic.results.chat_result import ChatResult

__all__ = ["DaskExecutor"]

_AHEAD = 2
"""How many times its share of the concurrency a worker is leased, so that it need not wait."""
_SUBMITTED = 4
"""Rows that are prepared, leased or running, for each request that may run at a time."""
_POLL_S, _BUSY_S = 0.05, 0.02
"""How long to wait before reports are fetched again, also after there were some: rows whose turn
comes meanwhile are leased together."""


class DaskExecutor:
    """Leases rows to the workers of a cluster; see `RowExecutor`.

    Rates and cost are limited here, where each row waits for its turn before it is leased.

    Args:
        client: A client of the cluster.
        limits: How fast the map may go.
        clock: The time, in seconds.
    """

    def __init__(
        self, client: Client, limits: MapLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._limits = limits
        self._clock = clock
        has_rates = not (limits.requests_per_minute is limits.tokens_per_minute is None)
        # A row that was given its turn by a rate is to start at once.
        ahead = 1 if has_rates else _AHEAD
        self._turns = replace(limits, concurrency=ahead * limits.concurrency)
        self._book = LeaseBook(limits.concurrency, ahead)
        self._leases: dict[int, tuple[Lease, asyncio.Future[Returned]]] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._refused: dict[str, str] = {}
        """Why workers take no part."""
        self._ordered_s: dict[str, float] = {}
        self._looked_s = -math.inf
        self._is_draining = self._is_closed = False

    @property
    def capacity(self) -> int:
        """How many rows it may have been given that are not finished."""
        return _SUBMITTED * self._limits.concurrency

    @property
    def notice(self) -> None:
        """Nothing goes on after the end."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """How many rows were asked twice, since their answers were lost with a worker."""
        return {"asked_twice": self._book.n_asked_twice}

    def start(self, ports: MapPorts) -> None:
        """Open the queues, and look for workers from now on."""
        self._ports = ports
        self._loop = ports.session.loop
        self._cluster = DaskCluster(self._client)
        self._loop.run(self._begin())

    def submit(self, rows: Sequence[PreparedRow]) -> None:
        """Take rows, in the order of the data, and return at once."""
        self._loop.submit(self._take(rows))

    def finish(self) -> None:
        """Know that no further rows come."""

    def drain(self) -> None:
        """Start no further request, and wait until those that run have ended."""
        self._loop.run(self._drain())

    def close(self) -> None:
        """Cancel what still runs, and end the pumps."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.run(self._cancel())
        self._cluster.close()
        if self._pacer.n_slowed:
            self._ports.note("rate")

    async def _begin(self) -> None:
        self._idle = asyncio.Event()
        self._budget = Budget(self._limits.max_cost)
        self._usual = UsualTokens()
        self._pacer = Pacer(self._turns, self._fail)
        self._running = asyncio.create_task(self._run())

    async def _take(self, rows: Sequence[PreparedRow]) -> None:
        for row in () if self._is_draining else rows:
            self._asking[row.position] = asyncio.create_task(self._finish(row))

    async def _drain(self) -> None:
        self._stop()
        ends = [self._running, asyncio.create_task(self._idle.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ends[1].cancel()
        if self._asking:  # what was returned last is put
            await asyncio.wait(self._asking.values(), timeout=1)

    def _stop(self) -> None:
        """Start no further request."""
        self._is_draining = True
        self._ordered_s.clear()
        for position, task in self._asking.items():
            if not self._book.is_leased(position):
                task.cancel()

    def _fail(self, error: ChatError) -> None:
        """End the map; what runs goes on to its end."""
        self._stop()
        self._ports.fail(error)

    async def _cancel(self) -> None:
        for task in [*self._asking.values(), self._running]:
            await stop_task(task)

    async def _finish(self, row: PreparedRow) -> None:
        """Ask a row; a fault ends this row only."""
        try:
            finished = await self._ask(row)
        except BudgetExceeded as error:
            self._ports.note("max_cost")
            self._fail(error)
        except _NotAsked:
            pass
        except Exception as error:  # the other rows continue, whatever it is
            if ends_the_map(error):
                self._stop()
            self._ports.put(FinishedRow(position=row.position, key=row.key, error=error))
        else:
            self._ports.put(finished)
        finally:
            self._asking.pop(row.position, None)

    async def _ask(self, row: PreparedRow) -> FinishedRow:
        call, usual = row.call, self._usual.value
        if call.tools.can_run:
            raise InvalidRequest("executor: workers cannot run the functions of tools=")
        usage = estimated_usage(call.request, unlimited_tokens=usual)
        pace = self._pacer.row((usage.prompt_tokens or 0) + (usage.completion_tokens or 0))
        dollars = highest_cost(call.request, usage, call.price)
        async with self._budget.reserve(dollars) as reservation:
            reservation.cost = 0.0
            returned = await self._turn(row, pace)
            while returned.failure is not None and pace.repeats(returned.failure):
                returned = await self._turn(row, pace)
            result = self._result(row, returned)
            reservation.cost = result.cost
        pace.succeed(result.usage)
        if result.usage is not None:
            self._usual.add(result.usage.completion_tokens, call.request.n)
        return FinishedRow(position=row.position, key=row.key, result=result)

    async def _turn(self, row: PreparedRow, pace: Any) -> Returned:
        """Lease a row when it is its turn, and wait until it is returned."""
        async with pace.turn():
            returned: asyncio.Future[Returned] = asyncio.get_running_loop().create_future()
            self._leases[row.position] = lease_of(row.position, row.call), returned
            self._book.add([row.position])
            try:
                outcome = await returned
            finally:
                self._leases.pop(row.position, None)
                self._book.drop(row.position)
        if not outcome.was_asked or (self._is_draining and outcome.failure is not None):
            raise _NotAsked
        return outcome

    def _result(self, row: PreparedRow, returned: Returned) -> ChatResult:
        """Return the answer that came back.

        Raises:
            ChatError: There is none.
        """
        if (error := returned.exception) is not None:
            raise error
        if (failure := returned.failure) is not None:
            raise ApiError(f"{failure.status}: {failure.words}", status=failure.status or 429)
        result = decode_answer(bytes(returned.answer))
        tier = service_tier(row.call.request, result.reply)
        return replace(result, cost=cost_of(result.reply.usage, row.call.price, tier))

    async def _run(self) -> None:
        """Exchange messages until the map ends, or the cluster is lost."""
        try:
            while True:
                has_news = await self._exchange()
                if not self._book.n_leased and self._is_draining:
                    self._idle.set()
                await asyncio.sleep(_BUSY_S if has_news else _POLL_S)
        except Exception as error:
            self._ports.fail(error)

    async def _exchange(self) -> bool:
        """Fetch reports and send orders; return whether there were reports."""
        if self._clock() - self._looked_s >= REPORT_S:
            self._looked_s = self._clock()
            await self._look()
        reports = await in_thread(self._cluster.receive)
        for report in reports:
            self._follow(report)
        for worker in self._book.silent(self._clock()):
            await self._lose(worker)
        for worker in self._refused.keys() & self._book.workers:
            await self._lose(worker, has_asked=False)
        if self._refused and not self._book.workers:
            self._ports.fail(InvalidRequest(next(iter(self._refused.values()))))
        await self._order()
        return bool(reports)

    async def _look(self) -> None:
        """Start pumps on the workers that are new, and give up those that are gone."""
        present = await in_thread(self._cluster.workers)
        for worker in self._book.workers:
            if worker not in present:
                await self._lose(worker)
            elif fault := await in_thread(self._cluster.fault, worker):
                self._refused[worker] = fault
                await self._lose(worker)
        for worker in present:
            if worker not in self._book.workers and worker not in self._refused:
                await in_thread(self._cluster.start_pump, worker)
                self._book.join(worker, self._clock())

    def _follow(self, report: Report) -> None:
        """Take back the rows that a worker returns."""
        self._book.hear(report.worker, report.started, self._clock())
        for returned in report.returned:
            if not self._book.give_back(report.worker, returned.row):
                continue
            _, waiting = self._leases.get(returned.row, (None, None))
            if waiting is not None and not waiting.done():
                waiting.set_result(returned)
        if report.refused is not None:
            self._refused[report.worker] = report.refused

    async def _lose(self, worker: str, *, has_asked: bool = True) -> None:
        self._book.lose(worker, has_asked=has_asked)
        for row in list(self._book.waiting):
            if row not in self._leases:
                self._book.drop(row)
        await in_thread(self._cluster.stop_pump, worker)

    async def _order(self) -> None:
        """Send each worker its new leases, and a sign of life where none was sent for a while."""
        leased = {} if self._is_draining else self._book.lease()
        now_s = self._clock()
        for worker in self._book.workers:
            rows = leased.get(worker, ())
            if not rows and now_s - self._ordered_s.get(worker, -REPORT_S) < REPORT_S:
                continue
            orders = Orders(
                share=self._book.share(worker),
                leases=tuple(self._leases[row][0] for row in rows),
                is_draining=self._is_draining,
            )
            await in_thread(self._cluster.send, worker, orders)
            self._ordered_s[worker] = now_s


class _NotAsked(Exception):
    """The row was returned without having been asked, because the map ends."""
