"""Overwriting, in short steps, what deleted rows have left in the file of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.store.database import BUSY_S, has_full_text, transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

__all__ = ["ask_for_scrub", "is_scrubbed", "scrub"]

_PAGES = 64
"""Pages of a step, which takes some milliseconds: other processes can write between two."""
_CHECKPOINT_S = 0.1
"""How long emptying the log waits for those who read it."""


def ask_for_scrub(connection: sqlite3.Connection) -> None:
    """Note in the file that rows were deleted; a scrub that ends takes the note away."""
    connection.execute("INSERT INTO scrubs DEFAULT VALUES")


def is_scrubbed(connection: sqlite3.Connection) -> bool:
    """Whether nothing is left of the rows that were deleted."""
    return connection.execute("SELECT 1 FROM scrubs").fetchone() is None


def scrub(connection: sqlite3.Connection) -> Iterator[bool]:
    """Overwrite what deleted rows have left in the index, the free pages and the log.

    Deleting an entry of FTS5 adds one that hides it; both go when the segments of the index that
    have them are merged into one. `secure_delete` zeroes the pages that become free.

    Args:
        connection: An open one, outside of a transaction, which no step leaves open.

    Yields:
        Between two steps, whether the next can follow at once; else another process reads, and it
        should wait. What is left when the steps are not taken to the end, the next scrub does.
    """
    (newest,) = connection.execute("SELECT max(id) FROM scrubs").fetchone()
    if newest is None:
        return
    if has_full_text(connection):
        while _merge(connection):
            yield True
    while connection.execute("PRAGMA freelist_count").fetchone()[0]:
        connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
        yield True
    while not _empty_log(connection):
        yield False
    connection.execute("DELETE FROM scrubs WHERE id <= ?", (newest,))


def _merge(connection: sqlite3.Connection) -> bool:
    """Take a step of merging the index into one segment; return whether there was one to take."""
    with transaction(connection):
        begun = connection.execute("UPDATE scrubs SET is_merging = 1 WHERE NOT is_merging")
        before = connection.total_changes
        # A negative number begins to merge all segments, a positive one goes on.
        pages = -_PAGES if begun.rowcount else _PAGES
        connection.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
        n_changes = connection.total_changes - before
    return bool(begun.rowcount) or n_changes >= 2  # as SQLite's manual says


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Write the log into the database and empty it; return whether nobody stood in the way."""
    connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_S * 1000:.0f}")
    try:
        (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000:.0f}")
    return not is_busy
