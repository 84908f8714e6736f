"""The batches of a resume file: which rows a provider was given, from before their upload on."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.store.database import connect
from chat_magic.store.shared_database import SharedDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["BatchParts", "BatchRow", "Part", "has_batches"]

_TABLES = """
CREATE TABLE IF NOT EXISTS batch_run (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  intended_s REAL NOT NULL,
  file TEXT,
  batch TEXT
);
CREATE TABLE IF NOT EXISTS batch_rows (
  custom_id TEXT PRIMARY KEY,
  part INTEGER NOT NULL,
  key TEXT NOT NULL,
  n INTEGER NOT NULL,
  prefill TEXT NOT NULL,
  position INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_rows_part ON batch_rows (part);
"""
_MOST_IDS = 500


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """A row that a provider was given, or is about to be."""

    custom_id: str
    key: str
    """The key under which its answer is kept."""
    n: int = 1
    """How many choices it asks for."""
    prefill: str = ""
    """What its answer continues."""
    position: int | None = None
    """Its place in the data of the present call; None if they do not have it."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of rows, and the batch that answers it."""

    number: int
    model: str
    """As `vendor/model`."""
    intended_s: float
    """When its upload was about to begin, in seconds since 1970 UTC."""
    n_rows: int
    """Rows that have no answer yet."""
    n_wanted: int
    """Those of them that the data of the present call have."""
    file: str | None = None
    """The provider's id of its file."""
    batch: str | None = None
    """The provider's id of its batch."""


class BatchParts(SharedDatabase):
    """The batches of a resume file; any thread may use it.

    A part is here from before its upload until its rows are kept and its files deleted.

    Args:
        path: The file, which must exist.

    Raises:
        sqlite3.Error: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(connect(path))
        with self._statement() as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_TABLES)

    @property
    def run(self) -> str:
        """What marks the batches of this file at the provider; made once."""
        with self._transaction() as connection:
            row = connection.execute("SELECT name FROM batch_run").fetchone()
            name = row[0] if row else secrets.token_hex(6)
            if not row:
                connection.execute("INSERT INTO batch_run VALUES (?)", [name])
        return str(name)

    def begin(self, model: str, rows: Sequence[BatchRow], now_s: float) -> int:
        """Note the intent to upload rows; return the number of their part."""
        with self._transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO batches (model, intended_s) VALUES (?, ?)", [model, now_s]
            )
            number = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT OR REPLACE INTO batch_rows VALUES (?, ?, ?, ?, ?, ?)",
                [(r.custom_id, number, r.key, r.n, r.prefill, r.position) for r in rows],
            )
        return number

    def note_file(self, number: int, file: str) -> None:
        """Note that the file of a part was uploaded."""
        self._set(number, "file", file)

    def note_batch(self, number: int, batch: str | None) -> None:
        """Note that the batch of a part was started; None that it must be started again."""
        self._set(number, "batch", batch)

    def parts(self) -> list[Part]:
        """Return the parts that are not finished."""
        query = (
            "SELECT number, model, intended_s, file, batch, count(custom_id), count(position) "
            "FROM batches LEFT JOIN batch_rows ON part = number GROUP BY number ORDER BY number"
        )
        with self._statement() as connection:
            found = connection.execute(query).fetchall()
        return [
            Part(
                number=number,
                model=model,
                intended_s=intended_s,
                file=file,
                batch=batch,
                n_rows=n_rows,
                n_wanted=n_wanted,
            )
            for number, model, intended_s, file, batch, n_rows, n_wanted in found
        ]

    def forget_positions(self) -> None:
        """Begin a call: the places of rows are those of other data."""
        with self._statement() as connection:
            connection.execute("UPDATE batch_rows SET position = NULL")

    def claim(self, rows: Sequence[BatchRow]) -> set[str]:
        """Note the places of rows that the provider has already; return their custom ids."""
        given = self._select([row.custom_id for row in rows])
        places = [(row.position, row.custom_id) for row in rows if row.custom_id in given]
        with self._transaction() as connection:
            connection.executemany("UPDATE batch_rows SET position = ? WHERE custom_id = ?", places)
        return set(given)

    def find(self, number: int, custom_ids: Sequence[str]) -> dict[str, BatchRow]:
        """Return the rows of a part by custom id; other ids are left out."""
        found = self._select(custom_ids)
        return {name: row for name, (part, row) in found.items() if part == number}

    def rows(self, number: int) -> Iterator[list[BatchRow]]:
        """Yield the rows of a part that are left, some at a time; each may be removed then."""
        last = ""
        query = (
            "SELECT custom_id, key, n, prefill, position FROM batch_rows "
            "WHERE part = ? AND custom_id > ? ORDER BY custom_id LIMIT ?"
        )
        while True:
            with self._statement() as connection:
                found = connection.execute(query, (number, last, _MOST_IDS)).fetchall()
            if not found:
                return
            last = found[-1][0]
            yield [_row(*values) for values in found]

    def remove_rows(self, custom_ids: Sequence[str]) -> None:
        """Forget rows whose answers are kept."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM batch_rows WHERE custom_id = ?", [(name,) for name in custom_ids]
            )

    def remove(self, number: int) -> None:
        """Forget a part and the rows that are left of it."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM batch_rows WHERE part = ?", [number])
            connection.execute("DELETE FROM batches WHERE number = ?", [number])

    def sent(self) -> list[Part]:
        """Return the parts whose files the provider has."""
        return [part for part in self.parts() if part.file is not None]

    def remove_intents(self) -> list[Part]:
        """Forget the parts whose upload is not known to have ended, and return them."""
        lost = [part for part in self.parts() if part.file is None]
        for part in lost:
            self.remove(part.number)
        return lost

    def _set(self, number: int, column: str, value: str | None) -> None:
        query = f"UPDATE batches SET {column} = ? WHERE number = ?"  # noqa: S608 - our own names
        with self._statement() as connection:
            connection.execute(query, (value, number))

    def _select(self, custom_ids: Sequence[str]) -> dict[str, tuple[int, BatchRow]]:
        found: dict[str, tuple[int, BatchRow]] = {}
        for start in range(0, len(custom_ids), _MOST_IDS):
            some = custom_ids[start : start + _MOST_IDS]
            marks = ",".join("?" * len(some))
            query = (
                "SELECT part, custom_id, key, n, prefill, position FROM batch_rows "  # noqa: S608
                f"WHERE custom_id IN ({marks})"
            )
            with self._statement() as connection:
                values = connection.execute(query, some).fetchall()
            found |= {value[1]: (value[0], _row(*value[1:])) for value in values}
        return found


def has_batches(path: Path) -> bool:
    """Whether a resume file has batches that are not finished; it is only read."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM batches").fetchone() is not None
    except sqlite3.Error:  # it has no such table, or is no such file
        return False


def _row(custom_id: str, key: str, n: int, prefill: str, position: int | None) -> BatchRow:
    return BatchRow(custom_id=custom_id, key=key, n=n, prefill=prefill, position=position)
