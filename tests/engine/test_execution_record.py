"""What a task tells the history of its start, of what arrives, and of its end."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from chat_magic.core.reply.sse import Event
from chat_magic.core.request.request import read_fields
from chat_magic.engine import execution_rows
from chat_magic.engine.execution_record import NOT_RECORDED, ExecutionRecord
from chat_magic.engine.execution_rows import request_json
from chat_magic.errors import ChatError
from chat_magic.results.history_number import HistoryNumber
from chat_magic.store.journal import Arrival, Exchange

REQUEST = read_fields({"messages": "Hi", "model": "a/b"}, allow_extra=False)


class Execution:
    """A row that only remembers what it is told."""

    def __init__(self):
        self.arrivals = deque()
        self.ends = []

    def end(self, end):
        self.ends.append(end())


@pytest.fixture
def execution():
    return Execution()


@pytest.fixture
def record(execution):
    return ExecutionRecord(execution, HistoryNumber(1), ("a fault",))


def test_what_arrives_is_put_under_the_request_that_it_answers(record, execution):
    """Requests are numbered in the order in which they are sent, over all runs."""
    first = record.run(0).listen(REQUEST)
    second = record.run(3).listen(REQUEST, 1)
    second([Event(b"{}"), Event(b"[DONE]")], 2.0)
    first([Event(b"{}")], 3.0, is_whole=True)
    request = request_json(REQUEST.body())
    entries = [entry() if callable(entry) else entry for entry in execution.arrivals]
    assert entries == [
        Exchange(run=0, number=0, request=request),
        Exchange(run=3, number=1, request=request, choice=1),
        Arrival(number=1, t_ms=2.0, events=[b"{}", b"[DONE]"]),
        Arrival(number=0, t_ms=3.0, events=[b"{}"], is_whole=True),
    ]


def test_a_request_is_encoded_for_the_journal_only_when_that_is_written(
    record, execution, monkeypatch
):
    """Most answers have ended before."""
    encoded = []
    monkeypatch.setattr(execution_rows, "request_json", lambda body: encoded.append(body) or "{}")
    record.listen(REQUEST)
    assert encoded == []
    (entry,) = execution.arrivals
    assert entry() == Exchange(run=0, number=0, request="{}")
    assert encoded == [REQUEST.body()]


def test_a_run_has_the_number_of_its_grid_and_ends_with_it(record, execution):
    """The faults of the history are told once, by the grid."""
    run = record.run(2)
    assert run.number is record.number
    assert run.warnings == ()
    assert asyncio.run(run.keep(asyncio.sleep(0, "result"), lambda: None)) == "result"
    assert execution.ends == []


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ChatError("refused\nby a server"), "failed", "refused by a server"),
        (RuntimeError(), "failed", "RuntimeError"),
        (asyncio.CancelledError(), "interrupted", None),
    ],
)
def test_an_end_says_how_it_came(record, execution, error, status, words):
    """In one line, and the error goes on to whoever waits."""

    async def fail():
        raise error

    with pytest.raises(type(error)):
        asyncio.run(record.keep(fail(), lambda: None))
    (end,) = execution.ends
    assert (end.status, end.error) == (status, words)


def test_what_is_not_recorded_costs_nothing():
    """No listener, no number, no warning."""
    assert NOT_RECORDED.run(5).listen(REQUEST) is None
    assert NOT_RECORDED.number is None
    assert asyncio.run(NOT_RECORDED.keep(asyncio.sleep(0, 7), lambda: None)) == 7
