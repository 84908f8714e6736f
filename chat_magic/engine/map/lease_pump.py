"""The part of a map that runs on a worker of a cluster: leased rows in, answers out."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, Protocol

import msgspec

from chat_magic.engine.answer_task import AnswerTask
from chat_magic.engine.map.lease_messages import (
    Orders,
    Report,
    Returned,
    read,
    request_of,
    returned_error,
    returned_refusal,
    write,
)
from chat_magic.engine.map.pacer import is_refusal
from chat_magic.engine.map.row_answer import encode_answer
from chat_magic.engine.prepare import PreparedCall
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from chat_magic.engine.map.lease_messages import Lease
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.retry import Failure

__all__ = ["EXPIRED_S", "Mailbox", "RowAsker", "run_pump"]

EXPIRED_S = 10.0
"""A pump that gets no orders for as long ends: its client is gone, or takes it for lost."""
REPORT_S = 2.0
"""How often a pump reports at least."""
_GATHER_S = 0.05
"""How long answers are gathered before they are sent."""


class Mailbox(Protocol):
    """Where the messages of a pump come from and go to."""

    async def get(self) -> list[bytes]:
        """Return the next orders.

        Raises:
            TimeoutError: None came for `EXPIRED_S`.
        """

    async def put(self, report: bytes) -> None:
        """Send a report."""


async def run_pump(
    worker: str, mailbox: Mailbox, ask: Callable[[Lease], Awaitable[Returned]]
) -> None:
    """Ask leased rows until the orders end; then cancel the requests that still run.

    Args:
        worker: The name under which it reports.
        mailbox: Where the messages come from and go to.
        ask: Asks a row.
    """
    pump = _Pump(worker, mailbox, ask)
    reporting = asyncio.create_task(pump.report())
    try:
        with suppress(TimeoutError):
            while not pump.is_over:
                for content in await mailbox.get():
                    pump.take(read(content, Orders))
    finally:
        await pump.cancel()
        reporting.cancel()
        await asyncio.wait([reporting])


class _Pump:
    """The rows that a worker was leased."""

    def __init__(
        self, worker: str, mailbox: Mailbox, ask: Callable[[Lease], Awaitable[Returned]]
    ) -> None:
        self._worker = worker
        self._mailbox = mailbox
        self._ask = ask
        self._share = 0
        self._waiting: deque[Lease] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._started: list[int] = []
        self._returned: list[Returned] = []
        self._refused: str | None = None
        self._has_news = asyncio.Event()
        self.is_over = False

    def take(self, orders: Orders) -> None:
        """Follow orders."""
        self._share = orders.share
        self._waiting.extend(orders.leases)
        self.is_over = self.is_over or orders.is_end
        if orders.is_draining:
            self._returned += [Returned(row=lease.row) for lease in self._waiting]
            self._waiting.clear()
            self._has_news.set()
        self._fill()

    async def report(self) -> None:
        """Report what is new some milliseconds after it happens, and that this worker is alive."""
        while True:
            await self._send()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_news.wait(), REPORT_S)
                await asyncio.sleep(_GATHER_S)

    async def cancel(self) -> None:
        """Cancel the requests that run."""
        self._waiting.clear()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _send(self) -> None:
        self._has_news.clear()
        report = Report(
            worker=self._worker,
            started=tuple(self._started),
            returned=tuple(self._returned),
            refused=self._refused,
        )
        self._started, self._returned = [], []
        await self._mailbox.put(write(report))

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._share and self._refused is None:
            lease = self._waiting.popleft()
            self._started.append(lease.row)
            task = asyncio.create_task(self._run(lease))
            self._running.add(task)
            task.add_done_callback(self._end)
            self._has_news.set()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            self._fill()
            self._has_news.set()

    async def _run(self, lease: Lease) -> None:
        try:
            returned = await self._ask(lease)
        except NotOurs as error:
            self._refused = str(error)
            return
        except Exception as error:  # whatever it is, it is an error of this row
            returned = returned_error(lease.row, error)
        self._returned.append(returned)


class NotOurs(Exception):
    """The worker would send the request somewhere else, or without its key."""


class RateRefused(Exception):
    """The server refused a request for its rate: the client decides when it is sent again."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure


class _ClientPace:
    """Leaves it to the client when a request that was refused for its rate is sent again."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for nothing: a leased row may start."""
        return nullcontext()

    def repeats(self, failure: Failure) -> bool:
        """Give up where the rate is too high.

        Raises:
            RateRefused: It is.
        """
        if is_refusal(failure):
            raise RateRefused(failure)
        return False


class RowAsker:
    """Asks leased rows from the worker's own settings.

    Args:
        session: Its settings, keys and connections.
        worker: Its name, for errors.
    """

    def __init__(self, session: Session, worker: str) -> None:
        self._session = session
        self._worker = worker
        self._endpoints: dict[str, Endpoint] = {}

    async def __call__(self, lease: Lease) -> Returned:
        """Ask a row.

        Raises:
            NotOurs: The model is at another address here, or its key is not found.
            ChatError: It failed.
        """
        request, limits = request_of(lease)
        endpoint = await self._endpoint(request.model or "", lease)
        call = PreparedCall(request=request, endpoint=endpoint, limits=limits)
        task = AnswerTask(call, self._session, pace=_ClientPace())
        try:
            result = await task.run()
        except RateRefused as refused:
            return returned_refusal(lease.row, refused.failure)
        return Returned(row=lease.row, answer=msgspec.Raw(encode_answer(result)))

    async def _endpoint(self, model: str, lease: Lease) -> Endpoint:
        if model not in self._endpoints:
            self._endpoints[model] = await self._resolve(model, lease)
        return replace(self._endpoints[model], extra=lease.extra)

    async def _resolve(self, model: str, lease: Lease) -> Endpoint:
        endpoints = self._session.endpoints
        try:
            found = await asyncio.to_thread(endpoints.find, model)
            if (None if found is None else found.address) != lease.address:
                self._refuse(model, f"at {found.address if found else 'no address'}", lease)
            endpoint = found or await endpoints.resolve(model)
        except InvalidRequest as error:
            raise NotOurs(f"the worker {self._worker} cannot ask {model}: {error}") from error
        if lease.key is not None and endpoint.secret is None:
            raise NotOurs(f"the worker {self._worker} has no key {lease.key}: set it there")
        return endpoint

    def _refuse(self, model: str, place: str, lease: Lease) -> NoReturn:
        raise NotOurs(
            f"the worker {self._worker} has {model} {place}, the notebook at "
            f"{lease.address or 'no address'}: set the same base URL or config file on both"
        )
