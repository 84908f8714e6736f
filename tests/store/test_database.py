"""Opening a history: how its file is made, and what becomes of one that cannot be used."""

from __future__ import annotations

import gzip
import sqlite3
import stat
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
from filelock import FileLock

from chat_magic.store import database
from chat_magic.store.database import (
    Unusable,
    has_full_text,
    is_busy,
    is_damage,
    open_database,
    open_for_reading,
    transaction,
)
from chat_magic.store.history_schema import APPLICATION_ID, VERSION


def pragma(connection, name):
    """Return the value of a setting."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.fixture
def path(tmp_path):
    """Where a history is made, in a folder that does not exist yet."""
    return tmp_path / "data" / "history.db"


def test_a_new_file_is_set_up_for_many_processes_and_for_forgetting(path):
    """It is only its owner's, and zeroes what it deletes."""
    with closing(open_database(path)) as connection:
        assert pragma(connection, "user_version") == VERSION
        assert pragma(connection, "application_id") == APPLICATION_ID
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "synchronous") == 1  # NORMAL
        assert pragma(connection, "foreign_keys") == 1
        assert pragma(connection, "secure_delete") == 1
        assert pragma(connection, "auto_vacuum") == 2  # INCREMENTAL
        assert connection.isolation_level is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"


def test_on_a_network_file_system_there_is_a_rollback_journal(path, monkeypatch):
    """WAL needs memory that all who open the file share."""
    monkeypatch.setattr(database, "is_on_network", lambda _path: True)
    with closing(open_database(path)) as connection:
        assert pragma(connection, "journal_mode") == "delete"
        assert pragma(connection, "synchronous") == 2  # FULL


def test_a_file_is_made_once(path):
    """A second opening finds what the first has written."""
    with closing(open_database(path)) as connection, transaction(connection):
        connection.execute("INSERT INTO sessions (key, seen_s) VALUES ('a', 1)")
    with closing(open_database(path)) as connection:
        assert connection.execute("SELECT key FROM sessions").fetchall() == [("a",)]


def corrupt(path):
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def no_database(path):
    path.write_text("my own notes\n" * 100)


def newer(path):
    with closing(open_database(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def foreign(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookies (value)")


UNUSABLE = {
    corrupt: "is not a database, or is corrupt",
    no_database: "is not a database, or is corrupt",
    newer: f"newer version of chat-magic .its version is {VERSION + 1}",
    foreign: "is a database of another program",
}


@pytest.mark.parametrize(("spoil", "words"), UNUSABLE.items())
@pytest.mark.parametrize("open_it", [open_database, open_for_reading])
def test_a_file_that_is_not_a_usable_history_stays_as_it_is(path, spoil, words, open_it):
    """Not a byte of it is written."""
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(Unusable, match=words):
        open_it(path)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_history(path):
    """As `touch` or an interrupted start leaves it."""
    path.parent.mkdir()
    path.touch()
    with closing(open_database(path)) as connection:
        assert pragma(connection, "user_version") == VERSION


def test_a_transaction_is_written_as_a_whole_or_not_at_all(path):
    """Also where what fails is not SQLite."""
    with closing(open_database(path)) as connection:
        with suppress(ZeroDivisionError), transaction(connection):
            connection.execute("INSERT INTO sessions (key, seen_s) VALUES ('a', 1)")
            _ = 1 / 0
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_a_lock_that_another_process_holds_while_it_makes_the_file_is_waited_for(path, monkeypatch):
    """Not for ever."""
    monkeypatch.setattr(database, "_LOCK_S", 0)
    path.parent.mkdir()
    with (
        FileLock(f"{path}.lock"),
        pytest.raises(sqlite3.OperationalError, match="another process has locked it") as caught,
    ):
        open_database(path)
    assert is_busy(caught.value)
    open_database(path).close()


@pytest.mark.parametrize("error", [OSError(95, "no locks"), NotImplementedError("no locks")])
def test_a_file_system_without_lock_files_has_the_locks_of_the_database(path, monkeypatch, error):
    """They are enough for one process."""

    def refuse(_self):
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    open_database(path).close()
    assert path.exists()


def test_without_fts5_there_is_no_index(path, monkeypatch):
    """And the rest works."""
    monkeypatch.setattr(database, "SEARCH", "CREATE VIRTUAL TABLE search USING fts99 (x);")
    with closing(open_database(path)) as connection:
        assert not has_full_text(connection)
        assert pragma(connection, "user_version") == VERSION


def test_a_reader_cannot_write(path):
    """Looking up changes nothing."""
    open_database(path).close()
    with (
        closing(open_for_reading(path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM sessions")


@pytest.mark.parametrize(
    ("statement", "is_lock", "is_broken"),
    [("BEGIN IMMEDIATE", True, False), ("SELECT 1 FROM nothing", False, False)],
)
def test_errors_are_told_apart_by_their_code(path, statement, is_lock, is_broken):
    """A lock of another connection passes; a wrong statement is neither lock nor damage."""
    with (
        closing(open_database(path)) as first,
        closing(open_database(path, busy_s=0)) as second,
        transaction(first),
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        second.execute(statement)
    assert is_busy(caught.value) is is_lock
    assert is_damage(caught.value) is is_broken


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_file_of_each_released_version_is_migrated(tmp_path, version):
    """Its rows stay, and are found."""
    path = tmp_path / "history.db"
    kept = Path(__file__).parent / "files" / f"history-v{version}.db.gz"
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    with closing(open_database(path)) as connection:
        assert pragma(connection, "user_version") == VERSION
        query = "SELECT id, prompt, answer, status, starred FROM executions"
        assert connection.execute(query).fetchall() == [
            (1, "Name a cat", "Félix", "complete", 1),
            (2, "Name a dog", "", "running", 0),
        ]
        found = connection.execute("SELECT rowid FROM search WHERE search MATCH 'felix'")
        assert found.fetchall() == [(1,)]
