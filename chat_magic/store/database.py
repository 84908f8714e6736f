"""Opening the history: its file is made, migrated and set up for many processes at once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from chat_magic.store.history_files import is_on_network
from chat_magic.store.history_schema import APPLICATION_ID, MIGRATIONS, SEARCH, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "Unusable",
    "code_of",
    "connect",
    "has_full_text",
    "is_busy",
    "is_damage",
    "is_migrated",
    "open_database",
    "open_for_reading",
    "transaction",
]

BUSY_S = 5.0
"""How long a statement waits for other processes."""
_LOCK_S = 10.0
"""How long another process may take to make or migrate the file."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class Unusable(Exception):
    """A file that is not a history which this version can use; the message says why."""


def code_of(error: sqlite3.Error) -> int:
    """Return the primary code of an error, such as `sqlite3.SQLITE_FULL`; 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds a lock, so that a later try can succeed."""
    return code_of(error) in _BUSY


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is corrupt, or is not a database."""
    return code_of(error) in _DAMAGED


def open_database(path: Path, *, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a history for writing; it is made or migrated first, by one process at a time.

    Args:
        path: The file, whose folder is made if it does not exist.
        busy_s: How long a statement waits for other processes.

    Raises:
        Unusable: It is corrupt, not a history, or of a newer version; nothing was written.
        sqlite3.Error: It cannot be opened or written.
        OSError: Its folder or the file cannot be made.
    """
    if not path.exists() or _version_at(path, busy_s) < VERSION:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path):
            _create(path)
            _migrate(path, busy_s)
    connection = connect(path, busy_s)
    try:
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a history that exists for reading only, also in a folder that cannot be written.

    Raises:
        Unusable: As for `open_database`.
        sqlite3.Error: It cannot be opened.
    """
    try:
        connection = connect(path, BUSY_S)
        _check(connection)
    except sqlite3.OperationalError as error:
        if code_of(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        _check(connection)
    connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write as a whole or not at all, with the lock taken at the start."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_migrated(connection: sqlite3.Connection) -> bool:
    """Whether a history has the tables of this version."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == VERSION)


def has_full_text(connection: sqlite3.Connection) -> bool:
    """Whether the history has a full-text index."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'search'"
    return connection.execute(query).fetchone() is not None


def connect(path: Path, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a file for any thread, each statement being a transaction unless one is begun.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)


def _version_at(path: Path, busy_s: float) -> int:
    """Return the version of a file, 0 if it is empty."""
    connection = connect(path, busy_s)
    try:
        return _check(connection)
    finally:
        connection.close()


def _check(connection: sqlite3.Connection) -> int:
    """Return the version of a history, if this release can use it."""
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        if is_damage(error):
            raise Unusable("is not a database, or is corrupt") from error
        raise
    if version > VERSION and owner == APPLICATION_ID:
        connection.close()
        raise Unusable(f"was written by a newer version of chat-magic (its version is {version})")
    if n_tables and owner != APPLICATION_ID:
        connection.close()
        raise Unusable("is a database of another program")
    return int(version)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time make the file; the database has locks of its own besides."""
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=_LOCK_S)
    try:
        lock.acquire()
    except Timeout as error:
        locked = sqlite3.OperationalError("another process has locked it")
        locked.sqlite_errorcode = sqlite3.SQLITE_BUSY  # what is to be written is kept for later
        raise locked from error
    except (OSError, NotImplementedError):  # a file system without locks
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _create(path: Path) -> None:
    """Make an empty file that only its owner can read, unless it exists."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return


def _migrate(path: Path, busy_s: float) -> None:
    """Lead a file to the present version; another process may have done so already."""
    connection = connect(path, busy_s)
    try:
        if _check(connection) == VERSION:
            return
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts only before the first table
        connection.execute("PRAGMA secure_delete = ON")
        if not is_on_network(path):
            connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            for version in range(_check(connection), VERSION):
                _run_script(connection, MIGRATIONS[version])
            _add_full_text(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    finally:
        connection.close()


def _run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run statements one by one, inside the open transaction, which `executescript` would end."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _add_full_text(connection: sqlite3.Connection) -> None:
    connection.execute("SAVEPOINT full_text")
    try:
        _run_script(connection, SEARCH)
    except sqlite3.OperationalError:  # SQLite without FTS5
        connection.execute("ROLLBACK TO full_text")
    connection.execute("RELEASE full_text")


def _set_up(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
