"""The cache: recorded answers in the file of the history, by key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chat_magic.store.history_rows import read_text, stored_text
from chat_magic.store.journal import deflate
from chat_magic.store.recording import Recording

if TYPE_CHECKING:
    import sqlite3

__all__ = ["forget_unowned", "latest_requests", "read_cached", "write_cached"]


def write_cached(
    connection: sqlite3.Connection, recording: Recording, execution: int | None
) -> None:
    """Write an answer in the place of an earlier one with the same key.

    Args:
        connection: The history.
        recording: The answer.
        execution: The number of its execution, with which it is forgotten; None if that is not
            kept.
    """
    texts = [json.dumps(value) for value in (recording.request, recording.result)]
    request, result = (
        deflate(text) if execution is None else stored_text(connection, execution, text)
        for text in texts
    )
    connection.execute(
        "INSERT OR REPLACE INTO cache (key, execution_id, recorded_s, request, result) "
        "VALUES (?, ?, ?, ?, ?)",
        (recording.key, execution, recording.recorded_s, request, result),
    )


def read_cached(connection: sqlite3.Connection, key: str) -> Recording | None:
    """Return the answer of a key; None if there is none."""
    row = connection.execute(
        "SELECT recorded_s, request, result FROM cache WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    request, result = (_read(connection, content) for content in row[1:])
    return Recording(key=key, recorded_s=row[0], request=request, result=result)


def latest_requests(connection: sqlite3.Connection, limit: int) -> list[dict[str, Any]]:
    """Return the requests of the newest answers, the newest last."""
    rows = connection.execute(
        "SELECT request FROM cache ORDER BY recorded_s DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_read(connection, content) for (content,) in reversed(rows)]


def forget_unowned(connection: sqlite3.Connection, before_s: float | None = None) -> None:
    """Delete the answers whose executions are not kept: all, or those before a time."""
    condition = "" if before_s is None else " AND recorded_s < ?"
    values = () if before_s is None else (before_s,)
    connection.execute(f"DELETE FROM cache WHERE execution_id IS NULL{condition}", values)  # noqa: S608 - our words


def _read(connection: sqlite3.Connection, content: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(read_text(connection, content))
    return value
