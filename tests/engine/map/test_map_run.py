"""One map from its first row to its last, with an executor of our own."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread

import pytest

from chat_magic.engine.map.map_counts import MapCounts
from chat_magic.engine.map.map_run import MapRun, error_line
from chat_magic.engine.map.row_executor import FinishedRow, MapLimits, MapPorts
from chat_magic.engine.map.row_keeper import RowKeeper
from chat_magic.engine.map.row_requests import RowRequests, read_map_prompt
from chat_magic.engine.session import default_session
from chat_magic.errors import ChatError
from chat_magic.view.live.map_bar import NoBar
from tests.engine.map.test_row_answer import result_of


class Backwards:
    """Answers all rows that it has, the last one first, once it has as many as it takes."""

    capacity = 5

    def __init__(self, fault=None):
        self.calls = []
        self.rows = []
        self.most = 0
        self.fault = fault

    def start(self, ports):
        self.ports = ports
        self.calls.append("start")

    def submit(self, rows):
        self.rows += rows
        self.most = max(self.most, len(self.rows))
        if self.fault:
            self.ports.fail(self.fault)
        elif len(self.rows) >= self.capacity:
            self._answer()

    def _answer(self):
        for row in reversed(self.rows):
            text = row.call.request.messages[-1].content
            self.ports.put(FinishedRow(position=row.position, key=row.key, result=result_of(text)))
        self.rows = []

    def finish(self):
        self.calls.append("finish")
        self._answer()

    def drain(self):
        self.calls.append("drain")

    def close(self):
        self.calls.append("close")


class Sink:
    """Keeps what it takes."""

    def __init__(self):
        self.texts = {}

    def take(self, start, rows, _values):
        for place, row in enumerate(rows):
            self.texts[start + place] = row.reply and row.reply.choices[0].text


def run_with(executor, rows):
    """Run a map; return its sink."""
    prompt = read_map_prompt(
        "{{ text }}", model="a/b", variables=None, schema=None, labels=None, labels_at=None,
        parameters={},
    )  # fmt: skip
    sink, session = Sink(), default_session()
    run = MapRun(RowRequests(session, prompt), executor, [sink], MapCounts(), NoBar())
    keeper = RowKeeper(run.take_later, print)
    ports = MapPorts(
        session=session, limits=MapLimits(), rows_file=None, put=keeper.put, fail=run.take_later
    )
    try:
        run.run(iter(rows), keeper, ports, lambda _: None)
    finally:
        executor.sink = sink
    return sink


def test_answers_may_come_in_any_order_and_the_executor_is_never_given_too_many(gateway):
    """Each is put where its row is."""
    gateway()
    executor = Backwards()
    sink = run_with(executor, [{"text": f"row {number}"} for number in range(83)])
    assert sink.texts == {number: f"row {number}" for number in range(83)}
    assert executor.most <= executor.capacity + 16
    assert executor.calls[0] == "start"
    assert executor.calls[-2:] == ["finish", "close"]


class Gradual(Backwards):
    """Answers its rows one after another, in a thread of its own."""

    capacity = 64

    def start(self, ports):
        super().start(ports)
        self.groups = []
        self.waiting = SimpleQueue()
        self.thread = Thread(target=self._answer_each)
        self.thread.start()

    def submit(self, rows):
        self.groups.append(len(rows))
        for row in rows:
            self.waiting.put(row)

    def finish(self):
        self.waiting.put(None)

    def _answer_each(self):
        while (row := self.waiting.get(timeout=30)) is not None:
            self.ports.put(FinishedRow(position=row.position, key=row.key, result=result_of("x")))


def test_rows_are_submitted_in_groups_however_slowly_they_are_answered(gateway):
    """One that has room for a single row is left alone until it has room for some."""
    gateway()
    executor = Gradual()
    sink = run_with(executor, [{"text": f"row {number}"} for number in range(640)])
    executor.thread.join(30)
    assert len(sink.texts) == sum(executor.groups) == 640
    assert len(executor.groups) < 200


def test_a_fault_of_the_executor_ends_the_map_and_drains_it(gateway):
    """Rows that were not finished are handed on without an answer."""
    gateway()
    executor = Backwards(ChatError("the cluster is gone"))
    with pytest.raises(ChatError, match="the cluster is gone"):
        run_with(executor, [{"text": f"row {number}"} for number in range(83)])
    assert "drain" in executor.calls
    assert set(executor.sink.texts.values()) == {None}


def test_a_fault_of_the_data_ends_the_map_and_drains_it(gateway):
    """It is raised as it is."""
    gateway()
    executor = Backwards()

    def rows():
        yield {"text": "row 0"}
        raise LookupError("no more")

    with pytest.raises(LookupError):
        run_with(executor, rows())
    assert "drain" in executor.calls


@pytest.mark.parametrize(
    ("error", "line"),
    [(ValueError("a\n b"), "a b"), (ValueError(""), "ValueError"), (None, "None")],
)
def test_an_error_is_one_line(error, line):
    """Its type where it says nothing."""
    assert error_line(error) == line
