"""The batches of a resume file as a job of the session, which `/jobs` lists and cancels."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chat_magic.engine.map.resume_file import maps_folder
from chat_magic.store.batch_parts import BatchParts, has_batches
from chat_magic.store.history_files import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.reply.batch_output import Batch
    from chat_magic.engine.session import Session

__all__ = ["BatchJob", "list_batch_jobs", "note_batch_file", "open_batch_job"]

_NOTE = ".path"
"""What a file is called that says where a resume file is."""


class BatchJob:
    """The batches that a provider works on for one resume file, whether or not a call waits.

    Args:
        session: The session that lists it, and cancels them.
        path: The resume file.
        model: As `vendor/model`.
        started_s: When the first of them was begun, in seconds since 1970 UTC.
    """

    def __init__(self, session: Session, path: Path, model: str, started_s: float) -> None:
        self.number = session.jobs.next_number()
        self.path = path
        self.name = shown_path(path)
        self.model = model
        self.started_s = started_s
        self.batches: Mapping[int, Batch] = {}
        """The last known state of each batch, by its part."""
        self._session = session
        self._is_cancelled = False

    @property
    def state(self) -> str:
        """How many rows are answered, as far as that is known."""
        if self._is_cancelled:
            return "cancelling"
        with BatchParts(self.path) as parts:
            left = parts.sent()
        n_rows = sum(part.n_rows for part in left)
        n_done = sum(self.batches[p.number].n_done for p in left if p.number in self.batches)
        statuses = {self.batches[p.number].status for p in left if p.number in self.batches}
        batches = f"{len(left)} batch{'es' if len(left) != 1 else ''}"
        words = ", ".join(sorted(status.replace("_", " ") for status in statuses)) or "sent"
        return f"{batches} {words}: {n_done:,} of {n_rows:,} rows"

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first batch was begun."""
        return time.time() - self.started_s

    def cancel(self) -> None:
        """Cancel its batches at the provider; what they have answered is kept by the next call.

        Raises:
            ChatError: The provider refused.
        """
        with BatchParts(self.path) as parts:
            left = parts.sent()
        for part in left:
            if part.batch is not None:
                self._session.loop.run(self._cancel(part.model, part.batch))
        self._is_cancelled = True

    async def _cancel(self, model: str, batch: str) -> None:
        from chat_magic.transport.batch_api import BatchApi  # aiohttp is slow to import

        endpoint = await self._session.endpoints.resolve(model)
        await BatchApi(self._session.http, endpoint).cancel(batch)


def open_batch_job(session: Session, path: Path) -> BatchJob | None:
    """Return the job of a resume file, which is listed from now on; None if it has no batches."""
    for job in session.jobs.running():
        if isinstance(job, BatchJob) and job.path == path:
            return job
    with BatchParts(path) as parts:
        left = parts.sent()
    if not left:
        return None
    job = BatchJob(session, path, left[0].model, left[0].intended_s)
    session.jobs.add(job)
    return job


def note_batch_file(session: Session, path: Path) -> None:
    """Remember where a resume file with batches is, for kernels to come."""
    folder = maps_folder(session)
    if folder is None or path.parent == folder:
        return
    with suppress(OSError):  # then only this session lists it
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(str(path).encode()).hexdigest()[:32]
        (folder / f"{name}{_NOTE}").write_text(str(path.resolve()), "utf-8")


def list_batch_jobs(session: Session) -> None:
    """List the batches of all resume files that are known, also those of an earlier kernel."""
    folder = maps_folder(session)
    if folder is None:
        return
    paths = sorted(folder.glob("*.db"))
    for note in sorted(folder.glob(f"*{_NOTE}")):
        path = Path(note.read_text("utf-8"))
        if has_batches(path):
            paths.append(path)
        else:
            note.unlink(missing_ok=True)
    for path in paths:
        if has_batches(path):
            open_batch_job(session, path)
