"""Executions as rows: what is written is read back, attachments once each."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from chat_magic.store.database import open_database
from chat_magic.store.execution import RunRequest
from chat_magic.store.history_query import Condition
from chat_magic.store.history_rows import (
    complete,
    insert,
    list_rows,
    matching_ids,
    newest_id,
    read_execution,
    renew,
)
from tests.store.executions import ended, started

NOW = datetime.now(UTC)
IMAGE = f"data:image/png;base64,{'QUJD' * 1000}"


@pytest.fixture
def connection(tmp_path):
    """An open history in which a session is known."""
    with closing(open_database(tmp_path / "history.db")) as connection:
        renew(connection, "session", NOW.timestamp())
        yield connection


def add(connection, *args, **fields):
    """Insert an execution."""
    return insert(connection, "session", started(*args, **fields))


def test_an_execution_is_read_as_it_was_written(connection):
    """With its requests, its source and its result."""
    number = add(
        connection, "Hi", notebook="/w/a.ipynb", cell_id="c", source="%%chat\nHi", thread="t"
    )
    complete(
        connection,
        number,
        ended("Yo", cost=0.5, total_tokens=3, prompt_tokens=1, completion_tokens=2, error=None),
    )
    found = read_execution(connection, number, NOW)
    assert found.result == '{"text": "Yo"}'
    assert found.source == "%%chat\nHi"
    assert found.journal == ()
    assert [(run.model, run.endpoint) for run in found.runs] == [("a/b", "https://a.example/v1")]
    assert json.loads(found.runs[0].request)["messages"][0]["content"] == "Hi"
    row = found.row
    assert (row.id, row.status, row.answer, row.cost) == (number, "complete", "Yo", 0.5)
    assert (row.notebook, row.cell_id, row.thread) == ("/w/a.ipynb", "c", "t")
    assert [row] == list_rows(connection, Condition(), now=NOW, limit=5)


def test_the_runs_of_a_grid_hang_below_one_row(connection):
    """In their order."""
    runs = tuple(
        RunRequest(model=f"a/{run}", endpoint=None, request=f'{{"run":{run}}}') for run in range(3)
    )
    number = add(connection, kind="grid", runs=runs, requests=3)
    assert read_execution(connection, number, NOW).runs == runs


def test_an_attachment_is_kept_once_for_all_that_use_it(connection):
    """Of several executions, runs and results."""
    body = json.dumps({"messages": [{"content": [{"image_url": {"url": IMAGE}}]}]})
    runs = (RunRequest(model="a/b", endpoint=None, request=body),) * 2
    numbers = [add(connection, runs=runs) for _ in range(2)]
    complete(connection, numbers[0], ended(result=body))
    assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    found = read_execution(connection, numbers[0], NOW)
    assert found.result == body
    assert [run.request for run in found.runs] == [body, body]


def test_a_text_with_half_a_surrogate_pair_can_be_kept(connection):
    """SQLite takes none, so it is replaced in the columns; the JSON escapes it anyway."""
    number = add(connection, "half \ud83d")
    complete(connection, number, ended("pair \ud83d"))
    found = read_execution(connection, number, NOW)
    assert (found.row.prompt, found.row.answer) == ("half ?", "pair ?")


def test_the_end_of_a_forgotten_execution_leaves_nothing(connection):
    """It was deleted while it was running."""
    number = add(connection)
    connection.execute("DELETE FROM texts")
    connection.execute("DELETE FROM executions")
    complete(connection, number, ended())
    assert connection.execute("SELECT count(*) FROM results").fetchone() == (0,)


def test_executions_are_counted_from_the_end(connection):
    """1 is the newest."""
    assert newest_id(connection, 1) is None
    numbers = [add(connection) for _ in range(3)]
    assert [newest_id(connection, back) for back in (1, 2, 3, 4)] == [*numbers[::-1], None]


def test_a_number_is_never_used_again(connection):
    """So that `#3` in a note stays that of one execution."""
    first = add(connection)
    connection.execute("DELETE FROM executions WHERE id = ?", (first,))
    assert add(connection) > first


def test_a_limit_holds_for_the_list_and_not_for_the_numbers(connection):
    """The newest are listed; all that match are forgotten."""
    numbers = [add(connection) for _ in range(3)]
    rows = list_rows(connection, Condition(), now=NOW, limit=2)
    assert [row.id for row in rows] == numbers[:0:-1]
    assert matching_ids(connection, Condition()) == numbers


def test_an_unknown_number_has_no_execution(connection):
    """None says so."""
    assert read_execution(connection, 99, NOW) is None
