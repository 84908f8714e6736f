"""The workers of a Dask cluster, as a map uses them: pumps, and the queues to and from them."""

from __future__ import annotations

import asyncio
import sys
import uuid
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from chat_magic.engine.map.lease_messages import Orders, Report, read, write
from chat_magic.engine.map.lease_pump import EXPIRED_S, RowAsker, run_pump
from chat_magic.errors import ExecutorLost, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, Future, Queue

__all__ = ["DaskCluster", "check_client"]


def check_client(executor: Any) -> Client:
    """Return the client of a cluster.

    Raises:
        InvalidRequest: It is anything else, or a client that is asynchronous or closed.
    """
    distributed = sys.modules.get("distributed")  # whoever has a client has imported it
    if distributed is None or not isinstance(executor, distributed.Client):
        given = repr(executor) if isinstance(executor, str) else type(executor).__name__
        raise InvalidRequest(
            f'executor: expected a dask.distributed.Client or "batch", got {given}'
        )
    if executor.asynchronous:
        raise InvalidRequest("executor: the client must not be asynchronous")
    if executor.status != "running":
        raise InvalidRequest(f"executor: the client is {executor.status}: connect it again")
    return executor


class DaskCluster:
    """The workers of a cluster; every method blocks, so none is called on an event loop.

    Every method raises `ExecutorLost` where the scheduler is not reached.

    Args:
        client: A client of the cluster.
    """

    def __init__(self, client: Client) -> None:
        from distributed import Queue

        self._client = client
        self._name = f"chat-magic-{uuid.uuid4().hex[:12]}"
        self._inboxes: dict[str, Queue] = {}
        self._pumps: dict[str, Future] = {}
        self._is_lost = False
        with self._reaching():
            self._outbox = Queue(f"{self._name}-answers", client=client)

    def workers(self) -> list[str]:
        """Return the addresses of the workers that the scheduler has."""
        with self._reaching():
            return list(self._client.scheduler_info(n_workers=-1)["workers"])

    def start_pump(self, worker: str) -> None:
        """Start the part of the map that runs on a worker."""
        from distributed import Queue

        name = f"{self._name}-{uuid.uuid4().hex[:12]}"
        with self._reaching():
            self._inboxes[worker] = Queue(name, client=self._client)
            self._pumps[worker] = self._client.submit(
                _pump,
                worker,
                name,
                self._outbox.name,
                key=name,
                workers=[worker],
                allow_other_workers=False,
                pure=False,
                retries=0,
            )

    def fault(self, worker: str) -> str | None:
        """Return why the pump of a worker has ended by an error; None if it has not."""
        pump = self._pumps.get(worker)
        if pump is None or pump.status != "error":
            return None
        with self._reaching():
            error = pump.exception()
        return f"the worker {worker} cannot run chat-magic: {type(error).__name__}: {error}"

    def send(self, worker: str, orders: Orders) -> None:
        """Send orders to the pump of a worker."""
        with self._reaching():
            self._inboxes[worker].put(write(orders))

    def receive(self) -> list[Report]:
        """Return the reports that have arrived."""
        with self._reaching():
            return [read(content, Report) for content in self._outbox.get(batch=True)]

    def stop_pump(self, worker: str) -> None:
        """End the pump of a worker, which may be gone."""
        pump, inbox = self._pumps.pop(worker), self._inboxes.pop(worker)
        with suppress(ExecutorLost), self._reaching():
            inbox.put(write(Orders(is_end=True)))
            inbox.close()
            pump.release()

    def close(self) -> None:
        """End all pumps."""
        for worker in list(self._pumps):
            self.stop_pump(worker)
        with suppress(ExecutorLost), self._reaching():
            self._outbox.close()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn every way in which a lost scheduler shows into one error."""
        if self._is_lost or self._client.status != "running":
            self._is_lost = True
            raise ExecutorLost(
                f"executor: the scheduler is lost, the client is {self._client.status}"
            )
        try:
            yield
        except (OSError, RuntimeError, CancelledError) as error:
            self._is_lost = True
            words = str(error) or type(error).__name__
            raise ExecutorLost(f"executor: the scheduler is not reached: {words}") from error


class _QueueMailbox:
    """The queues of a pump, where it runs.

    Args:
        inbox: The name of the queue of its orders.
        outbox: The name of the queue of its reports.
    """

    def __init__(self, inbox: str, outbox: str) -> None:
        from distributed import Queue

        self._inbox, self._outbox = Queue(inbox), Queue(outbox)

    async def get(self) -> list[bytes]:
        """Return the next orders; see `Mailbox`."""
        return await asyncio.to_thread(self._get)

    async def put(self, report: bytes) -> None:
        """Send a report."""
        await asyncio.to_thread(self._outbox.put, report)

    def _get(self) -> list[bytes]:
        first = self._inbox.get(timeout=EXPIRED_S)
        return [first, *self._inbox.get(batch=True)]

    def close(self) -> None:
        """Leave the queues, so that the scheduler forgets those that nobody uses."""
        self._inbox.close()
        self._outbox.close()


def _pump(worker: str, inbox: str, outbox: str) -> None:
    """Run the part of a map that runs on a worker, in a thread of its own."""
    from distributed import secede

    secede()
    mailbox = _QueueMailbox(inbox, outbox)
    try:
        asyncio.run(_run(worker, mailbox))
    finally:
        mailbox.close()


async def _run(worker: str, mailbox: _QueueMailbox) -> None:
    from chat_magic.engine.session import Session

    session = Session()
    try:
        await run_pump(worker, mailbox, RowAsker(session, worker))
    finally:
        await session.http.close()
