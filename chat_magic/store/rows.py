"""The resume file of a map: its finished rows by key, in SQLite, committed as they finish."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from typing import TYPE_CHECKING

from chat_magic.store.database import connect, transaction
from chat_magic.store.history_files import is_on_network
from chat_magic.store.shared_database import SharedDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ForeignFile", "RowsFault", "RowsFile"]

APPLICATION_ID = 0x63684D72
"""`chMr`, by which a file of rows is told from other databases."""
VERSION = 1
_HEADER = b"SQLite format 3\x00"
_TABLES = """
CREATE TABLE prompts (fingerprint TEXT PRIMARY KEY);
CREATE TABLE rows (key BLOB PRIMARY KEY, answer BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_FOR_THIS_RUN = """
CREATE TEMP TABLE draws (key BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE waiting (chunk INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""
_MOST_KEYS = 500


class ForeignFile(Exception):
    """A file that is not a resume file of this version; it was not touched."""


class RowsFault(Exception):
    """A resume file that cannot be read or written; the message says why."""


class RowsFile(SharedDatabase):
    """A resume file that is open; any thread may use it.

    Args:
        path: The file, which is made, readable by its owner only, where it does not exist.

    Raises:
        ForeignFile: It is another program's, or of a newer version.
        RowsFault: It cannot be made or opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            super().__init__(_open(path))
        except (OSError, sqlite3.Error) as error:
            raise RowsFault(str(error)) from error

    def find(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the answers of those keys that have one."""
        found: dict[str, bytes] = {}
        with self._statement() as connection:
            for start in range(0, len(keys), _MOST_KEYS):
                part = [bytes.fromhex(key) for key in keys[start : start + _MOST_KEYS]]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, answer FROM rows WHERE key IN ({marks})"  # noqa: S608 - marks
                found |= {key.hex(): answer for key, answer in connection.execute(query, part)}
        return found

    def put(self, rows: Sequence[tuple[str, bytes]]) -> None:
        """Write answers by key and commit them together.

        Raises:
            RowsFault: They cannot be written.
        """
        values = [(bytes.fromhex(key), answer) for key, answer in rows]
        try:
            with self._transaction() as connection:
                connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?)", values)
        except sqlite3.Error as error:
            raise RowsFault(str(error)) from error

    def next_draws(self, keys: Sequence[str]) -> list[int]:
        """Return how often each key was given before in this run."""
        draws = []
        query = (
            "INSERT INTO temp.draws VALUES (?, 1) "
            "ON CONFLICT (key) DO UPDATE SET count = count + 1 RETURNING count"
        )
        with self._transaction() as connection:
            for key in keys:
                (count,) = connection.execute(query, [bytes.fromhex(key)]).fetchone()
                draws.append(count - 1)
        return draws

    def hold(self, chunk: int, content: bytes) -> None:
        """Keep a chunk of finished rows until it is its turn, for this run only."""
        with self._statement() as connection:
            connection.execute("INSERT INTO temp.waiting VALUES (?, ?)", (chunk, content))

    def release(self, chunk: int) -> bytes:
        """Return a chunk that was kept, and forget it."""
        query = "DELETE FROM temp.waiting WHERE chunk = ? RETURNING content"
        with self._statement() as connection:
            ((content,),) = connection.execute(query, (chunk,)).fetchall()
        return bytes(content)

    def count(self) -> int:
        """Return how many rows it has."""
        with self._statement() as connection:
            (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
        return int(count)

    def note_prompt(self, fingerprint: str) -> bool:
        """Note the prompt of a map; return whether the file has rows, but none of this prompt."""
        with self._transaction() as connection:
            known = {row for (row,) in connection.execute("SELECT * FROM prompts")}
            connection.execute("INSERT OR IGNORE INTO prompts VALUES (?)", [fingerprint])
        return bool(known) and fingerprint not in known

    def state(self, name: str) -> str | None:
        """Return a text that was kept under a name, such as the jobs of a provider."""
        with self._statement() as connection:
            row = connection.execute("SELECT value FROM state WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, name: str, value: str) -> None:
        """Keep a text under a name, in the place of an earlier one."""
        with self._statement() as connection:
            connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))


def _open(path: Path) -> sqlite3.Connection:
    is_new = not _is_ours(path)
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = connect(path)
    try:
        _set_up(connection, path, is_new=is_new)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_ours(path: Path) -> bool:
    """Whether a file has rows of this version; an empty one, or none, has not.

    It is read as bytes: SQLite would make further files beside another program's database.

    Raises:
        ForeignFile: It is anything else.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    if not header:
        return False
    if not header.startswith(_HEADER) or len(header) < 100:
        raise ForeignFile("it is not a resume file of chat-magic")
    (version,), (owner,) = struct.unpack(">I", header[60:64]), struct.unpack(">I", header[68:72])
    if owner != APPLICATION_ID:
        raise ForeignFile("it is a database of another program")
    if version > VERSION:
        raise ForeignFile("it was written by a newer chat-magic")
    return True


def _set_up(connection: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    """Make the tables, and choose how commits survive a killed process."""
    if is_new:
        with transaction(connection):
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not tables:  # unless another process has made them meanwhile
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
                for statement in _TABLES.strip().split("\n"):
                    connection.execute(statement)
    if not is_on_network(path):
        with contextlib.suppress(sqlite3.OperationalError):  # where it is refused
            connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = FILE")
    connection.executescript(_FOR_THIS_RUN)
