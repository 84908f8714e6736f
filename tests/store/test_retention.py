"""What is forgotten is gone from every file, and what is too much goes in order."""

from __future__ import annotations

import json
import random
import time
from contextlib import closing

import pytest

from chat_magic.store.database import open_database, transaction
from chat_magic.store.execution import RunRequest
from chat_magic.store.history_rows import complete, insert, renew
from chat_magic.store.retention import forget, prune, size_of
from tests.store.executions import ended, started

BLOB = "QUJD" * 1000


@pytest.fixture
def connection(tmp_path):
    """An open history in which a session is known."""
    with closing(open_database(tmp_path / "history.db")) as connection:
        renew(connection, "session", time.time())
        yield connection


def add(connection, text="x", *, size=0, starred=False, end=True, **fields):
    """Insert an execution whose result has about this size, in bytes."""
    with transaction(connection):
        number = insert(connection, "session", started(text, **fields))
        if end:
            noise = random.Random(number).randbytes(size // 3).hex(" ")
            result = json.dumps({"text": text, "noise": noise})
            complete(connection, number, ended(text, result=result, has_tokens=bool(size)))
        if starred:
            connection.execute("UPDATE executions SET starred = 1 WHERE id = ?", (number,))
    return number


def numbers(connection):
    """Return the numbers that are left."""
    return [number for (number,) in connection.execute("SELECT id FROM executions ORDER BY id")]


def test_a_blob_goes_with_the_last_execution_that_uses_it(connection):
    """Not before."""
    body = json.dumps({"image": BLOB})
    runs = (RunRequest(model="a/b", endpoint=None, request=body),)
    first, second = (add(connection, runs=runs, end=False) for _ in range(2))
    count = "SELECT count(*) FROM blobs"
    assert forget(connection, [first]) == 1
    assert connection.execute(count).fetchone() == (1,)
    assert forget(connection, [second, 99]) == 1
    assert connection.execute(count).fetchone() == (0,)


def test_cached_answers_and_turns_go_with_their_execution(connection):
    """A forgotten answer is not replayed."""
    number = add(connection)
    connection.execute(
        "INSERT INTO cache (key, execution_id, recorded_s, request, result) "
        "VALUES ('k', ?, 0, x'', x'')",
        (number,),
    )
    connection.execute(
        "INSERT INTO turns (scope, thread, position, execution_id) VALUES ('n', 't', 0, ?)",
        (number,),
    )
    forget(connection, [number])
    for table in ("cache", "turns", "texts", "results"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_token_tables_go_before_executions(connection):
    """Those of the oldest, as far as it takes."""
    ids = [add(connection, size=100_000) for _ in range(3)]
    limit = size_of(connection) / 1e6 - 0.1

    def without_tokens(result):
        return json.dumps({**json.loads(result), "noise": ""})

    dropped = prune(connection, most_mb=limit, before_s=None, without_tokens=without_tokens)
    assert dropped == 0
    assert numbers(connection) == ids
    assert connection.execute("SELECT min(has_tokens) FROM results").fetchone() == (0,)
    assert size_of(connection) < limit * 1e6


def test_the_oldest_unstarred_executions_go_next(connection):
    """Starred and running ones stay."""
    starred = add(connection, size=100_000, starred=True)
    running = add(connection, end=False)
    for _ in range(60):
        add(connection, size=20_000)
    newest = add(connection, "newest")
    prune(connection, most_mb=0.5, before_s=None, without_tokens=str)
    left = numbers(connection)
    assert {starred, running, newest} <= set(left)
    assert len(left) < 63
    assert size_of(connection) <= 500_000


def test_executions_over_their_age_go_unless_they_are_starred(connection):
    """Whatever the size."""
    add(connection, started_s=1000.0)
    starred = add(connection, started_s=1000.0, starred=True)
    young = add(connection, started_s=3000.0)
    prune(connection, most_mb=512, before_s=2000.0, without_tokens=str)
    assert numbers(connection) == [starred, young]
