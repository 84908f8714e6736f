"""What a worker does with leased rows; its mailbox is in memory, the server is real."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import pytest

from chat_magic.engine.map.lease_messages import (
    Lease,
    Orders,
    Report,
    Returned,
    lease_of,
    read,
    write,
)
from chat_magic.engine.map.lease_pump import NotOurs, RowAsker, run_pump
from chat_magic.engine.map.row_answer import decode_answer
from chat_magic.engine.session import Session
from chat_magic.errors import ApiError
from tests.completions import completion
from tests.engine.calls import prepare
from tests.gateway import streamed, whole
from tests.waiting import TIMEOUT_S


class Mailbox:
    """A mailbox in memory; `None` among the orders means that none came in time."""

    def __init__(self):
        self.orders = asyncio.Queue()
        self.reports = asyncio.Queue()

    async def get(self):
        content = await self.orders.get()
        if content is None:
            raise TimeoutError
        return [content]

    async def put(self, report):
        await self.reports.put(read(report, Report))

    def order(self, *rows, **fields):
        """Send orders with a lease for each of these rows."""
        leases = tuple(Lease(row=row, address=None, key=None, body={}) for row in rows)
        self.orders.put_nowait(write(Orders(leases=leases, **fields)))

    async def news(self, condition):
        """Return the reports until one fulfils a condition."""
        reports = []
        async with asyncio.timeout(TIMEOUT_S):
            while not (reports and condition(reports)):
                reports.append(await self.reports.get())
        return reports


class Server:
    """Answers a row once it is told to."""

    def __init__(self):
        self.open = {}
        self.cancelled = []

    async def __call__(self, lease):
        self.open[lease.row] = asyncio.get_running_loop().create_future()
        try:
            await self.open[lease.row]
        except asyncio.CancelledError:
            self.cancelled.append(lease.row)
            raise
        return Returned(row=lease.row, answer=msgspec.Raw(b"{}"))


@pytest.fixture
async def pump():
    """A pump that runs, its mailbox and its server."""
    mailbox, server = Mailbox(), Server()
    task = asyncio.create_task(run_pump("w", mailbox, server))
    yield mailbox, server, task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def started(reports):
    """Return the rows that were started."""
    return [row for report in reports for row in report.started]


def returned(reports):
    """Return the rows that were returned."""
    return [entry.row for report in reports for entry in report.returned]


async def test_as_many_rows_run_as_the_share_allows(pump):
    """The others wait; each answer lets another start."""
    mailbox, server, _ = pump
    mailbox.order(1, 2, 3, share=2)
    await mailbox.news(lambda reports: started(reports) == [1, 2])
    server.open[2].set_result(None)
    reports = await mailbox.news(lambda reports: started(reports) and returned(reports))
    assert (started(reports), returned(reports)) == ([3], [2])
    assert {report.worker for report in reports} == {"w"}


async def test_a_smaller_share_holds_for_the_rows_that_follow(pump):
    """What runs goes on."""
    mailbox, server, _ = pump
    mailbox.order(1, 2, 3, share=2)
    await mailbox.news(lambda reports: started(reports) == [1, 2])
    mailbox.order(share=1)
    server.open[1].set_result(None)
    await mailbox.news(lambda reports: returned(reports) == [1])
    assert sorted(server.open) == [1, 2]
    server.open[2].set_result(None)
    await mailbox.news(lambda reports: started(reports) == [3])


async def test_without_orders_the_requests_are_cancelled(pump):
    """A client that is gone no longer spends."""
    mailbox, server, task = pump
    mailbox.order(1, 2, 3, share=2)
    await mailbox.news(lambda reports: started(reports) == [1, 2])
    mailbox.orders.put_nowait(None)
    await asyncio.wait_for(task, TIMEOUT_S)
    assert sorted(server.cancelled) == [1, 2]


async def test_the_end_cancels_what_runs(pump):
    """Nothing is reported any more."""
    mailbox, server, task = pump
    mailbox.order(1, share=1)
    await mailbox.news(lambda reports: started(reports) == [1])
    mailbox.order(is_end=True)
    await asyncio.wait_for(task, TIMEOUT_S)
    assert server.cancelled == [1]


async def test_draining_returns_what_was_not_started(pump):
    """What runs is answered."""
    mailbox, server, _ = pump
    mailbox.order(1, 2, share=1)
    await mailbox.news(lambda reports: started(reports) == [1])
    mailbox.order(share=1, is_draining=True)
    reports = await mailbox.news(lambda reports: returned(reports) == [2])
    assert reports[-1].returned == (Returned(row=2),)
    server.open[1].set_result(None)
    await mailbox.news(lambda reports: returned(reports) == [1])


async def test_an_error_ends_its_row_only(pump):
    """Whatever it is."""
    mailbox, server, _ = pump
    mailbox.order(1, 2, share=1)
    await mailbox.news(lambda reports: started(reports) == [1])
    server.open[1].set_exception(ApiError("bad row", status=400))
    reports = await mailbox.news(lambda reports: returned(reports) and started(reports))
    assert [entry.error for report in reports for entry in report.returned] == ["bad row"]
    assert started(reports) == [2]


async def test_a_worker_that_does_not_fit_says_so_and_starts_nothing_more():
    """Its rows are leased to others."""
    mailbox = Mailbox()

    async def refuse(_lease):
        raise NotOurs("another address")

    task = asyncio.create_task(run_pump("w", mailbox, refuse))
    mailbox.order(1, 2, share=1)
    reports = await mailbox.news(lambda reports: reports[-1].refused)
    assert reports[-1].refused == "another address"
    assert started(reports) == [1]
    mailbox.order(is_end=True)
    await asyncio.wait_for(task, TIMEOUT_S)


@pytest.fixture
async def asker():
    """What asks rows from the settings of this process."""
    session = Session()
    yield RowAsker(session, "tcp://w")
    await session.http.close()


def lease(**fields):
    """Return the lease of a request."""
    return lease_of(4, prepare(**{"messages": "Hi", "model": "a/b", **fields}))


async def test_a_row_is_asked_with_the_key_of_this_process(asker, gateway):
    """And comes back as a resume file keeps it."""
    server = gateway(streamed(completion("Hello", "Hey")))
    answer = await asker(lease(n=2, temperature=0.5))
    assert answer.row == 4
    assert decode_answer(bytes(answer.answer)).choices[1].text == "Hey"
    (request,) = server.requests
    assert request.json["temperature"] == 0.5
    assert request.headers["authorization"] == "Bearer sk-canary-1234567890"


async def test_a_refusal_for_the_rate_goes_back_at_once(asker, gateway):
    """The client decides for the whole map when it is sent again."""
    server = gateway(whole({"error": "slow"}, status=429))
    answer = await asker(lease())
    assert answer.failure.status == 429
    assert len(server.requests) == 1


async def test_other_passing_faults_are_tried_again_here(asker, gateway):
    """As they are without a cluster."""
    server = gateway(whole({"error": "x"}, status=500), streamed(completion("Hello")))
    assert (await asker(lease())).has_answer
    assert len(server.requests) == 2


async def test_another_address_is_refused(asker, gateway, monkeypatch):
    """The rows, and the key of this place, go nowhere else."""
    server = gateway(streamed(completion("Hello")))
    given = lease()
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(NotOurs, match=r"tcp://w has a/b at http://127.0.0.1:9/v1/chat"):
        await asker(given)
    monkeypatch.delenv("CHAT_MAGIC_BASE_URL")
    with pytest.raises(NotOurs, match="set the same base URL"):
        await asker(given)
    assert server.requests == []


async def test_a_missing_key_is_refused(asker, gateway, monkeypatch):
    """Its name says what to set."""
    server = gateway(streamed(completion("Hello")))
    given = lease()
    monkeypatch.delenv("CHAT_MAGIC_API_KEY")
    with pytest.raises(NotOurs, match="has no key CHAT_MAGIC_API_KEY: set it there"):
        await asker(given)
    assert server.requests == []
