"""The writer's thread: it survives locked, full, read-only, corrupt and newer files, and forks."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from chat_magic.errors import ChatError
from chat_magic.store import history_writer
from chat_magic.store.database import open_database, transaction
from chat_magic.store.history_files import shown_path
from chat_magic.store.history_schema import VERSION
from tests.store.executions import ended, keep, open_store, started
from tests.waiting import TIMEOUT_S, wait_until

NOBODY = 65534
"""A user without privileges."""


@pytest.fixture
def path(tmp_path):
    """Where the history is."""
    return tmp_path / "history.db"


@pytest.fixture
def store(path):
    """A store, closed at the end."""
    store = open_store(path)
    yield store
    store.close()


def spoil_newer(path):
    with closing(open_database(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


UNUSABLE = {
    "corrupt": lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
    "a text": lambda path: path.write_text("notes\n" * 500),
    "newer": spoil_newer,
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
def test_where_a_file_cannot_be_used_the_history_goes_on_in_the_next_name(path, store, spoil):
    """The file stays as it is, and the fault names both."""
    spoil(path)
    before = path.read_bytes()
    assert keep(store) == 1
    assert path.read_bytes() == before
    assert [row.answer for row in store.search()] == ["Hello"]
    (fault,) = store.writer.take_faults()
    assert "history.db " in fault
    assert fault.endswith("it is left as it is, and the history goes on in history-2.db")
    assert store.writer.take_faults() == []


def test_a_second_process_goes_on_in_the_same_next_name(path, store):
    """And past names that cannot be used either."""
    path.write_text("notes\n" * 500)
    path.with_name("history-2.db").write_text("more notes\n" * 500)
    keep(store)
    other = open_store(path)
    assert keep(other) == 2
    assert other.path.name == store.path.name == "history-3.db"
    other.close()


def test_a_file_that_becomes_corrupt_is_left_and_what_runs_is_written_anew(
    path, store, monkeypatch
):
    """An execution that began in the old file ends in the new one, with its start."""
    keep(store, "lost")
    execution = store.start(lambda: started("running"))
    store.flush()
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    real, faults = history_writer._attempt, [error]

    def attempt(connection, operation):
        if faults:
            raise faults.pop()
        return real(connection, operation)

    monkeypatch.setattr(history_writer, "_attempt", attempt)
    execution.end(lambda: ended("the end"))
    store.flush()
    assert store.path.name == "history-2.db"
    assert [(row.prompt, row.answer) for row in store.search()] == [("running", "the end")]
    (fault,) = store.writer.take_faults()
    assert "is corrupt; it is left as it is" in fault


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")
def test_a_file_that_is_removed_is_begun_anew_with_what_runs(path, store):
    """A warning says so: what was written before is gone with it."""
    keep(store, "lost")
    execution = store.start(lambda: started("running"))
    store.flush()
    for file in path.parent.glob("history.db*"):
        file.unlink()
    execution.end(lambda: ended("the end"))
    store.flush()
    assert [(row.prompt, row.answer) for row in store.search()] == [("running", "the end")]
    assert keep(store) == 2
    assert store.writer.take_faults() == [
        f"history: {path} was removed while it was in use; a new one is begun"
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "cannot be written: the disk is full"),
        (sqlite3.SQLITE_IOERR, "cannot be written: disk I/O error"),
        (sqlite3.SQLITE_READONLY, "cannot be written: disk I/O error"),
    ],
)
def test_a_fault_of_the_disk_is_told_once_and_harms_no_answer(store, monkeypatch, code, words):
    """What cannot be written is given up, and those who wait for a number get none."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code

    def fail(_connection, _operation):
        raise error

    monkeypatch.setattr(history_writer, "_attempt", fail)
    numbers = []
    for _ in range(2):
        store.start(started, numbers.append).end(ended)
        store.flush()
    assert numbers == [None] * 4
    (fault,) = store.writer.take_faults()
    assert words in fault
    with pytest.raises(ChatError, match=words):
        store.writer.call(lambda _connection: None, 5)


def test_after_a_pause_the_file_is_tried_again(store, monkeypatch):
    """A disk that was full has room again."""
    error = sqlite3.OperationalError("full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    real = history_writer._attempt
    monkeypatch.setattr(history_writer, "_PAUSE_S", 0)

    def fail(*_):
        raise error

    monkeypatch.setattr(history_writer, "_attempt", fail)
    store.start(started)
    store.flush()
    monkeypatch.setattr(history_writer, "_attempt", real)
    assert keep(store) == 1


@contextmanager
def without_privileges():
    """Be a user who cannot write everywhere, as root can."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_a_folder_that_cannot_be_written_is_a_fault():
    """As a home on a read-only disk."""
    with TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        folder = Path(home) / "folder"
        folder.mkdir(mode=0o555)
        with without_privileges():
            store = open_store(folder / "history.db")
            store.start(started).end(ended)
            store.flush()
            store.close()
        assert "cannot be written" in store.writer.take_faults()[0]
        assert list(folder.iterdir()) == []


def test_a_folder_that_is_a_file_is_a_fault(tmp_path):
    """Nothing is made in its place."""
    (tmp_path / "folder").write_text("x")
    store = open_store(tmp_path / "folder" / "history.db")
    store.start(started).end(ended)
    store.flush()
    assert "cannot be written" in store.writer.take_faults()[0]
    store.close()


def test_what_cannot_be_written_while_the_file_is_locked_is_written_later(path, store, monkeypatch):
    """Nothing is lost; a lock that lasts is told once."""
    monkeypatch.setattr(history_writer, "PATIENCE_S", 0)
    monkeypatch.setattr(history_writer, "TICK_S", 0.01)
    keep(store, "first")
    store.writer.call(lambda connection: connection.execute("PRAGMA busy_timeout = 0"), 5)
    with closing(open_database(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.start(lambda: started("second")).end(ended)
        faults = []
        wait_until(lambda: faults.extend(store.writer.take_faults()) or faults)
        assert faults[0].endswith("history.db is locked by another process")
        other.execute("ROLLBACK")
    wait_until(lambda: [row.prompt for row in store.search()] == ["second", "first"])


def test_a_file_that_is_locked_when_it_is_first_opened_is_opened_again(path, store, monkeypatch):
    """The session is noted then, without which no row can be kept."""
    monkeypatch.setattr(history_writer, "PATIENCE_S", 0)
    monkeypatch.setattr(history_writer, "TICK_S", 0.01)
    monkeypatch.setattr(history_writer, "open_database", partial(open_database, busy_s=0))
    with closing(open_database(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        for prompt in ("first", "second"):
            store.start(lambda prompt=prompt: started(prompt)).end(ended)
        faults = []
        wait_until(lambda: faults.extend(store.writer.take_faults()) or faults)
        other.execute("ROLLBACK")
    wait_until(lambda: [row.prompt for row in store.search()] == ["second", "first"])
    assert [*faults, *store.writer.take_faults()] == [
        f"history: {shown_path(path)} is locked by another process"
    ]


def test_who_waits_for_a_locked_file_waits_as_long_as_was_said(path, store, monkeypatch):
    """Until what was submitted is written, if the lock goes before; else the error names it."""
    monkeypatch.setattr(history_writer, "TICK_S", 0.01)
    monkeypatch.setattr(history_writer, "open_database", partial(open_database, busy_s=0))
    calls, n_tries = [], []
    wait_for_lock = store.writer._wait_for_lock
    monkeypatch.setattr(
        store.writer, "_wait_for_lock", lambda state: n_tries.append(1) or wait_for_lock(state)
    )
    with closing(open_database(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ChatError, match="is locked by another process"):
            store.writer.call(lambda _connection: calls.append("late"), 0.1)
        store.start(lambda: started("first")).end(ended)
        flushing = threading.Thread(target=store.writer.flush, args=[TIMEOUT_S])
        flushing.start()
        n_before = len(n_tries)
        wait_until(lambda: len(n_tries) > n_before + 3)
        assert flushing.is_alive()
        other.execute("ROLLBACK")
    flushing.join(TIMEOUT_S)
    assert not flushing.is_alive()
    assert [row.prompt for row in store.search()] == ["first"]
    assert calls == []


def test_an_operation_that_fails_for_reasons_of_its_own_takes_no_other_with_it(store):
    """Such as a result that cannot be written as JSON."""

    def fail():
        raise TypeError("no JSON")

    numbers = []
    store.start(fail, numbers.append)
    keep(store, "good")
    assert numbers == [None]
    assert [row.prompt for row in store.search()] == ["good"]
    assert store.writer.take_faults() == [
        "history: an answer could not be kept: TypeError: no JSON"
    ]


def test_a_function_runs_in_a_transaction_and_returns_its_value(store):
    """After all that was submitted before."""
    store.start(started)
    count = "SELECT count(*) FROM executions"
    assert store.writer.call(lambda c: c.execute(count).fetchone(), 5) == (1,)


def test_a_function_that_takes_too_long_is_not_waited_for(store):
    """The error says how long it was."""
    release = threading.Event()
    store.writer.submit(_Waiting(release))
    with pytest.raises(ChatError, match=r"was not written within 0\.01 s"):
        store.writer.call(lambda _connection: None, 0.01)
    release.set()


class _Waiting:
    """An operation that lasts until a test ends it."""

    def __init__(self, release):
        self._release = release

    def write(self, _connection):
        self._release.wait(10)

    def committed(self):
        pass

    def drop(self, _reason):
        pass


def test_a_closed_writer_starts_again(store):
    """As after `atexit` in a process that goes on."""
    keep(store)
    store.close()
    assert keep(store) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_writes_by_a_connection_and_a_thread_of_its_own(path):
    """And its parent goes on with its own."""
    store = open_store(path)
    keep(store, "parent")
    child = os.fork()
    if child == 0:
        keep(store, "child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    keep(store, "parent again")
    assert [row.prompt for row in store.search()] == ["parent again", "child", "parent"]
    store.close()


def test_on_a_costly_file_system_there_is_one_transaction_a_second(path, monkeypatch):
    """Those who wait are served at once."""
    monkeypatch.setattr("chat_magic.store.database.is_on_network", lambda _path: True)
    monkeypatch.setattr(history_writer, "TICK_S", 1000)
    store = open_store(path)
    keep(store, "first")
    tries = store.writer.n_tries
    monkeypatch.setattr(history_writer.time, "sleep", lambda _s: None)
    executions = [store.start(started) for _ in range(5)]
    assert store.writer.n_tries == tries
    assert len(store.search()) == 6
    assert store.writer.n_tries == tries + 1
    assert executions
    store.close()


def test_the_transaction_is_begun_with_the_lock(path):
    """A plain BEGIN fails where two processes begin to write after reading."""
    with (
        closing(open_database(path)) as connection,
        transaction(connection),
        closing(open_database(path, busy_s=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_fault_of_the_maintenance_does_not_end_the_thread(store, monkeypatch):
    """Whatever it is, it is told, and the history goes on."""

    def fail(_connection):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(store.writer, "_on_idle", fail)
    assert keep(store, "first") == 1
    wait_until(lambda: store.writer._pause[0] > 0)
    monkeypatch.setattr(store.writer, "_on_idle", lambda _connection: None)
    monkeypatch.setattr(store.writer, "_pause", (0.0, ""))
    assert keep(store, "second") == 2
    (fault,) = store.writer.take_faults()
    assert "ZeroDivisionError: division by zero" in fault


def test_an_interrupt_while_the_thread_starts_makes_no_second_one(store, monkeypatch):
    """Two would write the same rows."""
    start = threading.Thread.start

    def interrupted(thread):
        start(thread)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.writer.call(lambda _connection: None, 5.0)
    thread = store.writer._state.thread
    assert keep(store) == 1
    assert store.writer._state.thread is thread is not None


def test_what_is_submitted_while_the_thread_ends_is_written(store, monkeypatch):
    """By the next thread, which starts by itself."""
    keep(store)
    disconnect = store.writer._disconnect

    def submit_first():
        monkeypatch.setattr(store.writer, "_disconnect", disconnect)
        store.start(started).end(ended)  # the thread is still there, so none is started
        disconnect()

    monkeypatch.setattr(store.writer, "_disconnect", submit_first)
    store.writer.close()
    wait_until(lambda: len(store.search()) == 2)
