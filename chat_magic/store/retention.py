"""What leaves the history: what is forgotten, and the oldest where it is too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.store.cached_answers import forget_unowned
from chat_magic.store.database import transaction
from chat_magic.store.history_rows import read_text, stored_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

__all__ = ["forget", "prune", "size_of"]

_BATCH = 50
"""Executions that one transaction drops, so that other processes can write between two."""
_MEGABYTE = 1_000_000
_DELETIONS = (
    "DELETE FROM texts WHERE execution_id = ?",  # first, so that its trigger sees the texts
    "DELETE FROM executions WHERE id = ?",
)


def forget(connection: sqlite3.Connection, numbers: Sequence[int]) -> int:
    """Delete executions, with their journals, cached answers, and blobs that no other one uses.

    Returns:
        How many there were.
    """
    count = 0
    for number in numbers:
        count += [connection.execute(sql, (number,)).rowcount for sql in _DELETIONS][-1]
    connection.execute("DELETE FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM execution_blobs)")
    return count


def size_of(connection: sqlite3.Connection) -> int:
    """Return the bytes that the history uses, free pages not counted."""
    pragmas = ("page_count", "freelist_count", "page_size")
    count, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas)
    return int((count - free) * size)


def prune(
    connection: sqlite3.Connection,
    *,
    most_mb: float,
    before_s: float | None,
    without_tokens: Callable[[str], str],
) -> int:
    """Drop what is too old or too much: token tables first, then the oldest unstarred executions.

    Args:
        connection: An open one, outside of a transaction.
        most_mb: The size to keep to, in megabytes.
        before_s: The time before which unstarred executions are dropped, in seconds since 1970.
        without_tokens: Returns a result's JSON without its token tables.

    Returns:
        How many executions were dropped.
    """
    dropped = 0
    if before_s is not None:
        with transaction(connection):
            forget_unowned(connection, before_s)
        where, values = "started_s < ? AND status <> 'running'", (before_s,)
        while numbers := _oldest(connection, where, *values):
            dropped += _forget(connection, numbers)
    while size_of(connection) > most_mb * _MEGABYTE and _drop_tokens(connection, without_tokens):
        pass
    while size_of(connection) > most_mb * _MEGABYTE:
        numbers = _oldest(connection, "status <> 'running'")
        if not numbers:
            with transaction(connection):
                forget_unowned(connection)
            break
        dropped += _forget(connection, numbers)
    connection.execute("PRAGMA incremental_vacuum").fetchall()
    return dropped


def _oldest(connection: sqlite3.Connection, where: str, *values: float) -> list[int]:
    rows = connection.execute(
        f"SELECT id FROM executions WHERE starred = 0 AND {where} "  # noqa: S608 - our words
        f"ORDER BY id LIMIT {_BATCH}",
        values,
    )
    return [number for (number,) in rows]


def _forget(connection: sqlite3.Connection, numbers: Sequence[int]) -> int:
    with transaction(connection):
        return forget(connection, numbers)


def _drop_tokens(connection: sqlite3.Connection, without_tokens: Callable[[str], str]) -> int:
    """Drop the token tables of some of the oldest results; return how many."""
    query = f"SELECT execution_id, result FROM results WHERE has_tokens LIMIT {_BATCH}"  # noqa: S608
    with transaction(connection):
        rows = connection.execute(query).fetchall()
        for number, result in rows:
            connection.execute(
                "UPDATE results SET has_tokens = 0, result = ? WHERE execution_id = ?",
                (
                    stored_text(connection, number, without_tokens(read_text(connection, result))),
                    number,
                ),
            )
    return len(rows)
