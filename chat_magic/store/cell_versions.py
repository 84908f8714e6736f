"""Which executions are versions of one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chat_magic.core.reply.history_row import SESSION_MARK

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

__all__ = ["CellExecution", "is_version", "newest_of_cell", "version_ids"]


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


def version_ids(
    connection: sqlite3.Connection, number: int, exists: Callable[[str], bool | None]
) -> list[int]:
    """Return the executions that are versions of the cell of one, itself included, oldest first.

    Empty where the execution has no cell.
    """
    query = "SELECT session_id, notebook, cell_id FROM executions WHERE id = ?"
    found = connection.execute(query, (number,)).fetchone()
    if found is None:
        return []
    one = CellExecution(*found)
    rows = connection.execute(
        "SELECT id, session_id, notebook, cell_id FROM executions WHERE cell_id = ? ORDER BY id",
        (one.cell_id,),
    )
    return [other for other, *place in rows if is_version(one, CellExecution(*place), exists)]


def newest_of_cell(
    connection: sqlite3.Connection, cell_id: str, session: str, notebook: str | None
) -> int | None:
    """Return the newest execution of a cell in a kernel session, else at a path; None without."""
    row = connection.execute(
        "SELECT e.id FROM executions e JOIN sessions s ON s.id = e.session_id "
        "WHERE e.cell_id = ? AND (s.key = ? OR e.notebook = ?) ORDER BY e.id DESC LIMIT 1",
        (cell_id, session, notebook),
    ).fetchone()
    return None if row is None else int(row[0])
