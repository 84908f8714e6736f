"""A database connection that the threads of a process take turns at."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from chat_magic.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

__all__ = ["SharedDatabase"]


class SharedDatabase:
    """An open connection; any thread may use it, one at a time.

    Args:
        connection: The connection, as of `database.connect`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _statement(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection for single statements."""
        with self._lock:
            yield self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection for statements that are committed together."""
        with self._lock, transaction(self._connection):
            yield self._connection
