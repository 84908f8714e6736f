"""Which executions are versions of one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chat_magic.core.reply.history_row import SESSION_MARK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

__all__ = ["CellExecution", "is_version", "place_in_session", "place_of", "version_ids"]


class CellExecution(NamedTuple):
    """Where an execution took place."""

    session: int
    """The row of the kernel session."""
    notebook: str | None
    """The notebook's path, as far as it is known."""
    cell_id: str | None


def is_version(
    one: CellExecution, other: CellExecution, exists: Callable[[str], bool | None]
) -> bool:
    """Whether two executions are of the same cell.

    They are if the cell's id is the same, and so is the kernel session or the path; or if one of
    two paths no longer exists, as the notebook was renamed then. A path that exists is a copy.

    Args:
        one: An execution.
        other: Another one.
        exists: Whether a path exists; None where that cannot be told.
    """
    if one.cell_id is None or one.cell_id != other.cell_id:
        return False
    if one.session == other.session:
        return True
    if one.cell_id.startswith(SESSION_MARK) or one.notebook is None or other.notebook is None:
        return False
    paths = {one.notebook, other.notebook}
    return len(paths) == 1 or any(exists(path) is False for path in paths)


def place_of(connection: sqlite3.Connection, number: int) -> CellExecution:
    """Return where an execution took place."""
    query = "SELECT session_id, notebook, cell_id FROM executions WHERE id = ?"
    return CellExecution(*connection.execute(query, (number,)).fetchone())


def place_in_session(
    connection: sqlite3.Connection, session: str, notebook: str | None, cell_id: str
) -> CellExecution:
    """Return the place of a cell of a kernel session, which may have run nothing yet."""
    found = connection.execute("SELECT id FROM sessions WHERE key = ?", (session,)).fetchone()
    return CellExecution(found[0] if found else -1, notebook, cell_id)


def version_ids(
    connection: sqlite3.Connection, one: CellExecution, exists: Callable[[str], bool | None]
) -> list[int]:
    """Return the executions that are versions of a cell, the oldest first."""
    rows = connection.execute(
        "SELECT id, session_id, notebook, cell_id FROM executions WHERE cell_id = ? ORDER BY id",
        (one.cell_id,),
    )
    return [other for other, *place in rows if is_version(one, CellExecution(*place), exists)]
