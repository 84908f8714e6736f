"""The turns of conversations: which executions belong to a thread, and which were dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from chat_magic.core.reply.thread_use import ThreadRow

if TYPE_CHECKING:
    import sqlite3

    from chat_magic.store.history_writer import HistoryWriter

__all__ = ["ThreadPlace", "ThreadStore", "TurnRow", "add_turn"]

_WAIT_S = 5.0
"""How long a thread waits for what this process has not written yet."""


class ThreadPlace(Struct, frozen=True):
    """Where a conversation belongs, and its name there."""

    scope: str
    """The notebook's path, else the key of the kernel session."""
    thread: str


class TurnRow(Struct, frozen=True, kw_only=True):
    """A turn of a conversation."""

    position: int
    """From 1."""
    execution_id: int
    """Its number in the history."""
    cell_id: str | None
    session_key: str
    """Of the kernel session that asked it."""


class ThreadStore:
    """The conversations of a history.

    All goes through its writer, so that a turn that cannot be written is an error of the next one,
    never a gap in the conversation. Each method raises ChatError where the history cannot be used.

    Args:
        writer: The writer of the history.
    """

    def __init__(self, writer: HistoryWriter) -> None:
        self._writer = writer

    def turns(self, place: ThreadPlace) -> list[TurnRow]:
        """Return the turns that are part of a conversation, in order; none if there is none."""
        return self._writer.call(lambda connection: _read_turns(connection, place), _WAIT_S)

    def list_threads(self, scope: str) -> list[ThreadRow]:
        """Return the conversations of a notebook or session, by name."""
        self._writer.flush(_WAIT_S)
        if not self._writer.path.exists():
            return []
        return self._writer.call(lambda connection: _list_threads(connection, scope), _WAIT_S)

    def reset(self, place: ThreadPlace) -> int:
        """Drop all turns; return how many there were."""
        return self._writer.call(lambda connection: _reset(connection, place), _WAIT_S)

    def undo(self, place: ThreadPlace) -> tuple[list[int], list[int]]:
        """Restore what was dropped last, in place of what replaced it.

        Returns:
            The positions of the turns that are back (none if nothing was dropped), and the
            executions that are no turns any more.
        """
        return self._writer.call(lambda connection: _undo(connection, place), _WAIT_S)

    def fork(self, place: ThreadPlace, new: str) -> int | None:
        """Begin a conversation with the turns of another.

        Returns:
            How many they are; None if there is a conversation of this name, which stays as it is.
        """
        return self._writer.call(lambda connection: _fork(connection, place, new), _WAIT_S)


_THREAD = "scope = ? AND thread = ?"
_LIVE = f"{_THREAD} AND dropped_by IS NULL"


def add_turn(
    connection: sqlite3.Connection, place: ThreadPlace, position: int, execution_id: int
) -> None:
    """Make an execution the last turn of a conversation, unless it was forgotten meanwhile.

    The turn that had its position and those after it are dropped.
    """
    key = (place.scope, place.thread)
    known = connection.execute("SELECT 1 FROM executions WHERE id = ?", (execution_id,)).fetchone()
    if not known:
        return
    connection.execute(
        f"UPDATE turns SET dropped_by = ? WHERE {_LIVE} AND position >= ?",  # noqa: S608 - our words
        (execution_id, *key, position),
    )
    connection.execute(
        "INSERT INTO turns (scope, thread, position, execution_id) VALUES (?, ?, ?, ?)",
        (*key, position, execution_id),
    )


def _read_turns(connection: sqlite3.Connection, place: ThreadPlace) -> list[TurnRow]:
    rows = connection.execute(
        "SELECT t.position, t.execution_id, e.cell_id, s.key FROM turns t "
        "JOIN executions e ON e.id = t.execution_id JOIN sessions s ON s.id = e.session_id "
        "WHERE t.scope = ? AND t.thread = ? AND t.dropped_by IS NULL ORDER BY t.position",
        (place.scope, place.thread),
    )
    return [
        TurnRow(position=position, execution_id=number, cell_id=cell_id, session_key=key)
        for position, number, cell_id, key in rows
    ]


def _list_threads(connection: sqlite3.Connection, scope: str) -> list[ThreadRow]:
    """Return a row for each thread: the last turn's columns, and the first one's prompt."""
    rows = connection.execute(
        "SELECT t.thread, t.dropped_by IS NULL, e.model, e.started_s, e.total_tokens, e.prompt "
        "FROM turns t JOIN executions e ON e.id = t.execution_id WHERE t.scope = ? "
        "ORDER BY t.thread, t.position, t.id",
        (scope,),
    )
    turns: dict[str, list[tuple[str, float, int | None, str]]] = {}
    for thread, is_live, *columns in rows:
        known = turns.setdefault(thread, [])
        if is_live:
            known.append(tuple(columns))
    return [_thread_row(thread, known) for thread, known in turns.items()]


def _thread_row(thread: str, turns: list[tuple[str, float, int | None, str]]) -> ThreadRow:
    if not turns:
        return ThreadRow(thread=thread, turns=0)
    model, started_s, total_tokens, _ = turns[-1]
    return ThreadRow(
        thread=thread,
        turns=len(turns),
        model=model,
        started_s=started_s,
        total_tokens=total_tokens,
        prompt=turns[0][3],
    )


def _reset(connection: sqlite3.Connection, place: ThreadPlace) -> int:
    """Mark all turns as dropped after the newest of them: by its number, negative."""
    key = (place.scope, place.thread)
    (newest,) = connection.execute(
        f"SELECT max(execution_id) FROM turns WHERE {_LIVE}",  # noqa: S608 - our words
        key,
    ).fetchone()
    if newest is None:
        return 0
    return connection.execute(
        f"UPDATE turns SET dropped_by = ? WHERE {_LIVE}",  # noqa: S608 - our words
        (-newest, *key),
    ).rowcount


def _undo(connection: sqlite3.Connection, place: ThreadPlace) -> tuple[list[int], list[int]]:
    """Restore the turns of the newest drop; what stands in their place is forgotten as a turn.

    A drop by an execution comes before the reset (negative) that follows that execution, and after
    everything with smaller numbers, since the turns of a thread are asked one after the other.
    """
    key = (place.scope, place.thread)
    last = connection.execute(
        f"SELECT dropped_by FROM turns WHERE {_THREAD} AND dropped_by IS NOT NULL "  # noqa: S608
        "ORDER BY abs(dropped_by) DESC, dropped_by LIMIT 1",
        key,
    ).fetchone()
    if last is None:
        return [], []
    positions = connection.execute(
        f"SELECT position FROM turns WHERE {_THREAD} AND dropped_by = ? ORDER BY position",  # noqa: S608
        (*key, *last),
    ).fetchall()
    restored = [position for (position,) in positions]
    replaced = f"FROM turns WHERE {_LIVE} AND position >= ?"
    removed = connection.execute(
        f"SELECT execution_id {replaced} ORDER BY position",
        (*key, restored[0]),
    ).fetchall()
    connection.execute(f"DELETE {replaced}", (*key, restored[0]))
    connection.execute(
        f"UPDATE turns SET dropped_by = NULL WHERE {_THREAD} AND dropped_by = ?",  # noqa: S608
        (*key, *last),
    )
    return restored, [number for (number,) in removed]


def _fork(connection: sqlite3.Connection, place: ThreadPlace, new: str) -> int | None:
    """Copy the turns to a new thread; return how many, or None if it exists."""
    query = f"SELECT 1 FROM turns WHERE {_THREAD}"  # noqa: S608 - our words
    if connection.execute(query, (place.scope, new)).fetchone():
        return None
    return connection.execute(
        "INSERT INTO turns (scope, thread, position, execution_id) "  # noqa: S608 - our words
        f"SELECT scope, ?, position, execution_id FROM turns WHERE {_LIVE} ORDER BY position",
        (new, place.scope, place.thread),
    ).rowcount
