"""The batches of resume files as jobs, also those of an earlier kernel."""

from __future__ import annotations

import pytest

from chat_magic.engine.map.batch_job import list_batch_jobs, note_batch_file, open_batch_job
from chat_magic.store.batch_parts import BatchParts, BatchRow
from chat_magic.store.rows import RowsFile
from tests.engine.map.batches import forget_jobs
from tests.gateway import BatchService


@pytest.fixture
def maps(tmp_path, monkeypatch):
    """The folder of resume files without a name."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(tmp_path / "history.db"))
    folder = tmp_path / "maps"
    folder.mkdir()
    return folder


@pytest.fixture
def make(maps):
    """Return a function that makes a resume file with a batch of one row."""

    def make(name, **fields):
        path = maps / name
        RowsFile(path).close()
        with BatchParts(path) as parts:
            row = BatchRow(custom_id="a" * 32, key="a" * 64, **fields)
            number = parts.begin("a/b", [row], 1_700_000_000.0)
            parts.note_file(number, "file_0")
            parts.note_batch(number, "batch_0")
        return path

    forget_jobs()
    yield make
    forget_jobs()


def test_files_of_an_earlier_kernel_are_listed(make, session, maps):
    """Each once; others have no batches."""
    make("one.db")
    RowsFile(maps / "empty.db").close()
    (maps / "other.db").write_text("no database")
    list_batch_jobs(session)
    list_batch_jobs(session)
    (job,) = session.jobs.running()
    assert job.name.endswith("one.db")
    assert (job.model, job.started_s) == ("a/b", 1_700_000_000.0)
    assert job.state == "1 batch sent: 0 of 1 rows"
    assert job.elapsed_s > 0


def test_a_file_with_a_name_is_listed_too(make, session, maps, tmp_path):
    """Until its batches are done."""
    path = make("one.db").rename(tmp_path / "mine.db")
    note_batch_file(session, path)
    list_batch_jobs(session)
    (job,) = session.jobs.running()
    assert job.path == path
    session.jobs.remove(job)
    path.unlink()
    list_batch_jobs(session)
    assert session.jobs.running() == []
    assert list(maps.iterdir()) == []


def test_a_job_of_an_earlier_kernel_can_be_cancelled(make, session, gateway):
    """Its server and key are those of its model."""
    service = BatchService()
    server = gateway(service)
    service.batches["batch_0"] = {"id": "batch_0", "status": "in_progress"}
    job = open_batch_job(session, make("one.db"))
    session.jobs.cancel(job.number)
    assert service.batches["batch_0"]["status"] == "cancelling"
    assert server.requests[0].headers["authorization"] == "Bearer sk-canary-1234567890"


def test_a_file_without_batches_is_no_job(session, tmp_path):
    """Nothing is listed."""
    RowsFile(tmp_path / "empty.db").close()
    assert open_batch_job(session, tmp_path / "empty.db") is None
    assert session.jobs.running() == []
