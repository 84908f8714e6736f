"""A connection that several threads use."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat_magic.store.database import connect
from chat_magic.store.shared_database import SharedDatabase


class Numbers(SharedDatabase):
    """A table of numbers."""

    def add(self, number, fault=None):
        """Add one, and fail after it if asked to."""
        with self._transaction() as connection:
            connection.execute("INSERT INTO numbers VALUES (?)", [number])
            if fault:
                raise fault

    def all(self):
        """Return them."""
        with self._statement() as connection:
            return [number for (number,) in connection.execute("SELECT * FROM numbers ORDER BY 1")]


@pytest.fixture
def numbers(tmp_path):
    """Return an empty table, closed after the test."""
    connection = connect(tmp_path / "numbers.db")
    connection.execute("CREATE TABLE numbers (number INTEGER)")
    with Numbers(connection) as shared:
        yield shared


def test_threads_take_turns(numbers):
    """None of them meets the transaction of another."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(numbers.add, range(100)))
    assert numbers.all() == [*range(100)]


def test_a_transaction_that_fails_leaves_nothing_and_no_lock(numbers):
    """The next one goes on."""
    with pytest.raises(ValueError, match="no"):
        numbers.add(1, ValueError("no"))
    numbers.add(2)
    assert numbers.all() == [2]


def test_after_its_block_it_is_closed(numbers):
    """As a file is."""
    with numbers:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        numbers.all()
