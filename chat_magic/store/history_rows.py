"""Executions as rows of the history's tables: inserted, completed, listed and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply.history_row import HistoryRow
from chat_magic.store.blobs import join_blobs, split_blobs
from chat_magic.store.execution import EndedExecution, RunRequest, StoredExecution
from chat_magic.store.history_query import status_sql
from chat_magic.store.journal import Layout, deflate, inflate, pack, unpack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from chat_magic.store.execution import StartedExecution
    from chat_magic.store.history_query import Condition

__all__ = [
    "USAGE_GROUPS",
    "add_to_journal",
    "add_up",
    "complete",
    "insert",
    "last_complete_ids",
    "list_rows",
    "matching_ids",
    "newest_id",
    "read_execution",
    "read_text",
    "renew",
    "stored_text",
    "versions_on",
]

_STARTED = (
    "kind", "started_s", "model", "prompt", "requests", "notebook", "cell_id", "source", "thread",
    "resume",
)  # fmt: skip
_ENDED = (
    "status", "ended_s", "answer", "answers", "failed", "prompt_tokens", "completion_tokens",
    "total_tokens", "cached_tokens", "reasoning_tokens", "cost", "ttft_s", "total_s", "error",
    "replayed",
)  # fmt: skip
_KNOWN_LATE = ("requests", "resume")
"""What is known at the start, or only at the end."""
_ROW = (
    "id", "started_s", "kind", "model", "prompt", "answer", "answers", "requests", "failed",
    "prompt_tokens", "completion_tokens", "cost", "ttft_s", "total_s", "error", "notebook",
    "cell_id", "thread", "note",
)  # fmt: skip
_FROM = "executions e JOIN sessions s ON s.id = e.session_id"


def renew(connection: sqlite3.Connection, session: str, now_s: float) -> None:
    """Note that a session was seen."""
    connection.execute(
        "INSERT INTO sessions (key, seen_s) VALUES (?, ?) "
        "ON CONFLICT (key) DO UPDATE SET seen_s = excluded.seen_s",
        (session, now_s),
    )


def insert(connection: sqlite3.Connection, session: str, started: StartedExecution) -> int:
    """Insert an execution of a session as running; return its number."""
    names = ", ".join(_STARTED)
    values = [_plain(getattr(started, name)) for name in _STARTED]
    cursor = connection.execute(
        f"INSERT INTO executions (session_id, status, {names}) VALUES "  # noqa: S608 - our names
        f"((SELECT id FROM sessions WHERE key = ?), 'running'{', ?' * len(values)})",
        (session, *values),
    )
    number = int(cursor.lastrowid or 0)
    for run, asked in enumerate(started.runs):
        request = stored_text(connection, number, asked.request)
        connection.execute(
            "INSERT INTO runs (execution_id, run, model, endpoint, request) VALUES (?, ?, ?, ?, ?)",
            (number, run, asked.model, asked.endpoint, request),
        )
    if (use := started.row_use) is not None:
        connection.execute(
            "INSERT INTO row_uses (execution_id, rows, version) VALUES (?, ?, ?)",
            (number, use.rows, use.version),
        )
    if started.axes is not None:
        add_to_journal(connection, number, [pack([Layout(started.axes)])])
    texts = (number, _plain(started.messages), "")
    connection.execute("INSERT INTO texts (execution_id, prompt, answer) VALUES (?, ?, ?)", texts)
    return number


def complete(connection: sqlite3.Connection, number: int, ended: EndedExecution) -> None:
    """Complete the row of an execution, unless it was forgotten meanwhile."""
    names = ", ".join(
        [f"{name} = ?" for name in _ENDED]
        + [f"{name} = coalesce(?, {name})" for name in _KNOWN_LATE]
    )
    values = [_plain(getattr(ended, name)) for name in (*_ENDED, *_KNOWN_LATE)]
    cursor = connection.execute(
        f"UPDATE executions SET {names} WHERE id = ?",  # noqa: S608 - our names
        (*values, number),
    )
    if not cursor.rowcount:
        return
    if ended.texts:
        texts = (_plain(ended.texts), number)
        connection.execute("UPDATE texts SET answer = ? WHERE execution_id = ?", texts)
    if ended.result is not None:
        connection.execute(
            "INSERT OR REPLACE INTO results (execution_id, has_tokens, result) VALUES (?, ?, ?)",
            (number, ended.has_tokens, stored_text(connection, number, ended.result)),
        )
    for usage in ended.by_model:
        values = [number, *msgspec.structs.astuple(usage)]
        connection.execute(
            f"INSERT OR REPLACE INTO model_usage VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            values,
        )
    connection.execute("DELETE FROM journal WHERE execution_id = ?", (number,))


def add_to_journal(connection: sqlite3.Connection, number: int, packed: Iterable[bytes]) -> None:
    """Write entries of the journal of an execution, as `pack` returns them."""
    connection.executemany(
        "INSERT INTO journal (execution_id, events) VALUES (?, ?)",
        [(number, events) for events in packed],
    )


def list_rows(
    connection: sqlite3.Connection, condition: Condition, *, now: datetime, limit: int
) -> list[HistoryRow]:
    """Return the newest executions that meet a condition, the newest first."""
    columns = ", ".join(f"e.{name}" for name in _ROW)
    source, where, values = _where(condition)
    number = "f.rowid" if condition.words else "e.id"  # the order of reading
    rows = connection.execute(
        f"SELECT {columns}, e.starred, e.replayed, {status_sql(now)} "  # noqa: S608 - our names
        f"FROM {source} WHERE {where} ORDER BY {number} DESC LIMIT ?",
        (*values, limit),
    )
    return [_row(row) for row in rows]


_GROUPS = {
    "model": "coalesce(u.model, e.model)",
    "day": "date(e.started_s, 'unixepoch')",
    "notebook": "e.notebook",
    "thread": "e.thread",
}
USAGE_GROUPS = tuple(_GROUPS)
"""What usage can be added up by."""


def _usage_of(name: str, of_execution: str) -> str:
    """Return the sum of a column: of the models' usage where it is known, else of executions."""
    return f"sum(CASE WHEN u.model IS NULL THEN {of_execution} ELSE u.{name} END)"


_REQUESTS = _usage_of("requests", "e.requests")
_REPLAYED = _usage_of("replayed", "e.replayed * e.requests")


def _paid_usage(name: str) -> str:
    """Return the sum of what was sent: 0 where all answers are recorded, NULL if it is unknown."""
    sent = _usage_of(name, f"CASE WHEN e.replayed THEN NULL ELSE e.{name} END")
    return f"CASE WHEN {_REQUESTS} = {_REPLAYED} THEN 0 ELSE {sent} END"


_SUMS = (
    _REQUESTS,
    _usage_of("failed", "e.failed"),
    _REPLAYED,
    *map(
        _paid_usage,
        ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost"),
    ),
)


def add_up(
    connection: sqlite3.Connection, condition: Condition, by: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return the usage of the executions that meet a condition, a row for each group.

    Args:
        connection: The history.
        condition: Which executions.
        by: What the groups have in common; each is one of `USAGE_GROUPS`.

    Returns:
        The values of `by`, then the numbers of requests, failed and replayed ones, the tokens of
        prompts, those of them from caches, those of completions, those of them for reasoning, and
        the cost in dollars; the newest day first. Recorded answers have no tokens and no cost.
    """
    groups = [_GROUPS[name] for name in by]
    source, where, values = _where(condition)
    order = sorted(groups, key=lambda group: not group.startswith("date"))
    rows = connection.execute(
        f"SELECT {', '.join((*groups, *_SUMS))} FROM {source} "  # noqa: S608 - our names
        "LEFT JOIN model_usage u ON u.execution_id = e.id "
        f"WHERE {where} GROUP BY {', '.join(groups)} ORDER BY "
        + ", ".join(f"{group} DESC" if group.startswith("date") else group for group in order),
        values,
    )
    return rows.fetchall()


def versions_on(connection: sqlite3.Connection, rows: bytes) -> set[bytes]:
    """Return the digests of the versions that were checked on rows, which their digest names."""
    query = "SELECT DISTINCT version FROM row_uses WHERE rows = ?"
    return {version for (version,) in connection.execute(query, (rows,))}


def matching_ids(connection: sqlite3.Connection, condition: Condition) -> list[int]:
    """Return the numbers of all executions that meet a condition."""
    source, where, values = _where(condition)
    query = f"SELECT e.id FROM {source} WHERE {where}"  # noqa: S608 - our names
    return [number for (number,) in connection.execute(query, values)]


def newest_id(connection: sqlite3.Connection, back: int) -> int | None:
    """Return the number of the newest execution (1), of the one before it (2), …."""
    query = "SELECT id FROM executions ORDER BY id DESC LIMIT 1 OFFSET ?"
    row = connection.execute(query, (back - 1,)).fetchone()
    return None if row is None else int(row[0])


def last_complete_ids(
    connection: sqlite3.Connection, session: str, notebook: str | None
) -> list[int]:
    """Return the last complete execution of each cell of a session or notebook, oldest first."""
    rows = connection.execute(
        f"SELECT max(e.id) FROM {_FROM} WHERE e.status = 'complete' "  # noqa: S608 - our names
        "AND (s.key = ? OR e.notebook = ?) GROUP BY coalesce(e.cell_id, e.id) ORDER BY 1",
        (session, notebook),
    )
    return [number for (number,) in rows]


def read_execution(
    connection: sqlite3.Connection, number: int, now: datetime
) -> StoredExecution | None:
    """Return an execution with its requests and its result; None if there is none."""
    columns = ", ".join(f"e.{name}" for name in _ROW)
    row = connection.execute(
        f"SELECT {columns}, e.starred, e.replayed, {status_sql(now)} "  # noqa: S608 - our names
        f"FROM {_FROM} WHERE e.id = ?",
        (number,),
    ).fetchone()
    if row is None:
        return None
    source, resume = connection.execute(
        "SELECT source, resume FROM executions WHERE id = ?", (number,)
    ).fetchone()
    runs = connection.execute(
        "SELECT model, endpoint, request FROM runs WHERE execution_id = ? ORDER BY run", (number,)
    ).fetchall()
    found = connection.execute(
        "SELECT result FROM results WHERE execution_id = ?", (number,)
    ).fetchone()
    journal = connection.execute(
        "SELECT events FROM journal WHERE execution_id = ? ORDER BY id", (number,)
    ).fetchall()
    return StoredExecution(
        row=_row(row),
        source=source,
        resume=resume,
        result=None if found is None else read_text(connection, found[0]),
        runs=tuple(
            RunRequest(model=model, endpoint=endpoint, request=read_text(connection, request))
            for model, endpoint, request in runs
        ),
        journal=tuple(entry for (events,) in journal for entry in unpack(events)),
    )


def _where(condition: Condition) -> tuple[str, str, tuple[Any, ...]]:
    """Return the tables, the condition in SQL, and its values."""
    if not condition.words:
        return _FROM, condition.sql, condition.values
    return (
        f"search f JOIN {_FROM.replace('executions e', 'executions e ON e.id = f.rowid', 1)}",
        f"f.search MATCH ? AND {condition.sql}",
        (condition.words, *condition.values),
    )


def _row(values: Iterable[Any]) -> HistoryRow:
    *given, starred, replayed, status = values
    return HistoryRow(
        **dict(zip(_ROW, given, strict=True)),
        is_starred=bool(starred),
        is_replayed=bool(replayed),
        status=status,
    )


def _plain(value: Any) -> Any:
    """Return a value as SQLite takes it: text without lone surrogates."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def stored_text(connection: sqlite3.Connection, number: int, text: str) -> bytes:
    """Store the attachments of a JSON text of an execution apart; return the rest, deflated."""
    text, blobs = split_blobs(text)
    for digest, content in blobs.items():
        known = connection.execute("SELECT 1 FROM blobs WHERE sha256 = ?", (digest,)).fetchone()
        if not known:
            blob = digest, deflate(content)
            connection.execute("INSERT INTO blobs (sha256, content) VALUES (?, ?)", blob)
        connection.execute(
            "INSERT OR IGNORE INTO execution_blobs (execution_id, sha256) VALUES (?, ?)",
            (number, digest),
        )
    return deflate(text)


def read_text(connection: sqlite3.Connection, content: bytes) -> str:
    """Return a stored JSON text with its attachments."""

    def read(digest: str) -> str:
        query = "SELECT content FROM blobs WHERE sha256 = ?"
        return inflate(connection.execute(query, (digest,)).fetchone()[0])

    return join_blobs(inflate(content), read)
