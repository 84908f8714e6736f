"""The executor that leaves the rows of a map to the provider's Batch API."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.cost import batch_price, estimated_cost
from chat_magic.core.request.batch_input import PartSize, batch_line, custom_id_of
from chat_magic.engine.map.batch_job import BatchJob, note_batch_file, open_batch_job
from chat_magic.engine.map.batch_run import BatchRun
from chat_magic.engine.prepare import body_for
from chat_magic.errors import BudgetExceeded, ChatError, InvalidRequest
from chat_magic.store.batch_parts import BatchParts, BatchRow
from chat_magic.store.history_files import shown_path
from chat_magic.store.rows import RowsFault
from chat_magic.transport.batch_api import BatchApi
from chat_magic.transport.loop import in_thread, stop_task

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from chat_magic.engine.map.row_executor import FinishedRow, MapPorts, PreparedRow
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.store.batch_parts import Part
    from chat_magic.transport.endpoints import Endpoint

__all__ = ["BatchExecutor"]


_DELETE_S = 30.0
"""How long deleting the files of answered rows may take in the end."""


class _OpenPart:
    """A file of requests that is being written.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = PartSize()
        self.rows: list[BatchRow] = []
        self._file = path.open("wb")

    def add(self, row: BatchRow, model: str, line: bytes) -> None:
        """Add the line of a row."""
        self.size = self.size.plus(model, line)
        self.rows.append(row)
        self._file.write(line)

    def close(self) -> None:
        """Write what is buffered."""
        self._file.close()


class BatchExecutor:
    """Leaves the rows of a map to the Batch API of their server.

    Rows are written to files as they are submitted; each file is uploaded once it is full, or no
    more rows come. What the provider was given is noted in the resume file, so that the same call
    takes it up again.

    Args:
        now: Returns the seconds since 1970 UTC.
        sleep: Waits so many seconds between polls.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._endpoints: dict[str, Endpoint] = {}
        self._reserved = 0.0
        self._n_open = 0
        self._has_failed = False
        self._part: _OpenPart | None = None
        self._is_closed = False
        self._lock = threading.Lock()
        self._files: asyncio.Queue[tuple[int, str, Path] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.job: BatchJob | None = None
        """The batches as a job of the session; None before the first, and after the last."""
        self.notice: str | None = None
        """After the end: which batches go on although nobody waits."""

    @property
    def capacity(self) -> int:
        """As many rows as there are: they wait in files."""
        return sys.maxsize

    @property
    def facts(self) -> Mapping[str, Any]:
        """Nothing is to be said besides."""
        return {}

    def start(self, ports: MapPorts) -> None:
        """Open the resume file, and take up the batches in it.

        Raises:
            InvalidRequest: There is no resume file.
        """
        if ports.rows_file is None:
            raise InvalidRequest(
                'executor "batch" requires a resume file, in which the batches are noted: '
                "leave out resume=False, or name a file"
            )
        self._ports = ports
        self._path = ports.rows_file.path
        self._folder = tempfile.TemporaryDirectory(prefix="chat-magic-")
        self._parts = BatchParts(self._path)
        self._parts.forget_positions()
        lost = self._parts.remove_intents()
        self._run = BatchRun(
            self._parts,
            ports.rows_file,
            self._api,
            ports.session.configuration.price_of,
            self._put,
            ports.say,
            self._now,
            self._sleep,
        )
        note_batch_file(ports.session, self._path)
        self._list_job()
        ports.session.loop.run(self._begin(lost))

    def submit(self, rows: Sequence[PreparedRow]) -> None:
        """Write rows to the file that is next; those that the provider has are left out."""
        with self._lock:
            self._n_open += len(rows)
        try:
            entries = [(row, _batch_row(row)) for row in rows]
            given = self._parts.claim([entry for _, entry in entries])
            for row, entry in entries:
                if entry.custom_id not in given and not self._has_failed:
                    self._write(row.call, entry)
        except ChatError as error:
            self._has_failed = True
            if isinstance(error, BudgetExceeded):
                self._ports.note("max_cost")
            self._ports.fail(error)

    def finish(self) -> None:
        """Close the last file, after which the batches are waited for."""
        if not self._has_failed:
            self._close_part()
            self._tell(None)

    def drain(self) -> None:
        """Return at once: what was started goes on at the provider."""

    def close(self) -> None:
        """Stop waiting; batches with rows that are not answered go on at the provider."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if was_closed or self._task is None:
            return
        self._ports.session.loop.run(self._end(self._task))
        self._list_job()
        self.notice = self._describe()
        self._parts.close()
        if self._part is not None:
            self._part.close()
        self._folder.cleanup()

    def _api(self, model: str) -> BatchApi:
        endpoint = self._endpoints.get(model) or self._ports.session.endpoints.find(model)
        if endpoint is None:
            raise InvalidRequest(f'executor "batch": {model} has no server with a Batch API')
        return BatchApi(self._ports.session.http, endpoint, self._sleep)

    def _write(self, call: PreparedCall, row: BatchRow) -> None:
        model = call.request.model or ""
        self._check(call, model)
        line = batch_line(row.custom_id, body_for(call.request, call.endpoint))
        if self._part is not None and not self._part.size.has_room_for(model, line):
            self._close_part()
        if self._part is None:
            self._part = _OpenPart(Path(self._folder.name) / "next.jsonl")
        self._part.add(row, model, line)

    def _check(self, call: PreparedCall, model: str) -> None:
        """Check that a request can be part of a batch.

        Raises:
            InvalidRequest: It cannot, or its cost cannot be limited.
            BudgetExceeded: It could cost more than is left.
        """
        if call.endpoint is None:
            raise InvalidRequest(
                f'executor "batch": {model} has no Batch API; leave out executor= to ask it here'
            )
        if call.tools.can_run:
            raise InvalidRequest('executor "batch": a batch cannot run the functions of tools=')
        self._endpoints[model] = call.endpoint
        limit = self._ports.limits.max_cost
        if limit is None:
            return
        price = batch_price(call.price)
        if price is None:
            raise InvalidRequest(
                f"max_cost: the price of {model} in batches is not known; add "
                f'"{model}".tiers.batch = {{ input = …, output = … }} to [prices] in the config '
                "file, in dollars per million tokens"
            )
        dollars = estimated_cost(call.request, price)
        if self._reserved + dollars > limit:
            raise BudgetExceeded(
                f"max_cost ${limit:.4g}: the rows before this one may cost ${self._reserved:.2g}, "
                "and this one would pass it; raise it, or set a lower max_completion_tokens"
            )
        self._reserved += dollars

    def _close_part(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        part.close()
        number = self._parts.begin(part.size.model, part.rows, self._now())
        path = part.path.rename(part.path.with_name(self._run.file_name(number)))
        self._tell((number, part.size.model, path))

    def _tell(self, file: tuple[int, str, Path] | None) -> None:
        self._ports.session.loop.submit(self._files.put(file)).result()

    def _put(self, row: FinishedRow) -> None:
        with self._lock:
            if not self._is_closed:
                self._n_open -= 1
                self._ports.put(row)

    def _describe(self) -> str | None:
        """Say what goes on at the provider; None if nothing does."""
        parts = self._parts.sent()
        if self.job is None or not parts:
            return None
        n_rows, is_one = sum(part.n_rows for part in parts), len(parts) == 1
        batches = "1 batch" if is_one else f"{len(parts):,} batches"
        goes, them = ("goes", "it") if is_one else ("go", "them")
        return (
            f"{batches} with {n_rows:,} row{'s'[: n_rows != 1]} {goes} on at "
            f"{self._api(parts[0].model).server}: the same call takes {them} up, "
            f"%chat /jobs cancel {self.job.number} cancels {them}"
        )

    def _list_job(self) -> None:
        """List the batches as a job while there are any."""
        job = open_batch_job(self._ports.session, self._path)
        if job is not None:
            job.batches = self._run.batches
            if not self._parts.sent():
                self._ports.session.jobs.remove(job)
                job = None
        self.job = job

    async def _begin(self, lost: Sequence[Part]) -> None:
        self._task = asyncio.create_task(self._work(lost))

    async def _end(self, task: asyncio.Task[None]) -> None:
        """Let the files of answered rows be deleted, then end."""
        if not self._n_open:
            await asyncio.wait([task], timeout=_DELETE_S)
        await stop_task(task)

    async def _work(self, lost: Sequence[Part]) -> None:
        try:
            await self._run.delete_uploads(lost)
            while (file := await self._files.get()) is not None:
                await self._run.send(*file)
                await in_thread(file[2].unlink)
                await in_thread(self._list_job)
            if words := await in_thread(self._describe):
                self._ports.say(f"an interrupt ends the waiting only: {words}")
            await self._run.follow()
        except RowsFault as fault:
            self._ports.fail(ChatError(f"resume {shown_path(self._path)}: {fault}"))
        except Exception as error:
            self._ports.fail(error)


def _batch_row(row: PreparedRow) -> BatchRow:
    request = row.call.request
    return BatchRow(
        custom_id=custom_id_of(row.key),
        key=row.key,
        n=request.n,
        prefill=request.prefill,
        position=row.position,
    )
