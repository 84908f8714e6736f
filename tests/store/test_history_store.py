"""The history of one file: written as answers run, by many processes, some of which are killed."""

from __future__ import annotations

import gzip
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.store import history_query, history_store, history_writer
from chat_magic.store.journal import Arrival, Exchange
from tests.processes import PIPED
from tests.store import executions
from tests.store.executions import ended, keep, open_store, started

PROCESS_S = 120
WRITE = """
import sys
from pathlib import Path
from tests.store.executions import ended, open_store, started
store = open_store(Path(sys.argv[1]))
sys.stdin.readline()  # all start at once
for number in range(int(sys.argv[3])):
    name = f"{sys.argv[2]}-{number}"
    store.start(lambda name=name: started(name)).end(lambda name=name: ended(name))
store.writer.flush(120)
print(store.writer.take_faults())
store.close()
"""
RUN = """
import sys, time
from pathlib import Path
from chat_magic.store.journal import Arrival, Exchange
from tests.store.executions import open_store, started
store = open_store(Path(sys.argv[1]))
execution = store.start(lambda: started("killed"))
execution.arrivals.append(Exchange(run=0, number=0, request="{}"))
execution.arrivals.append(Arrival(number=0, t_ms=1.0, events=[b"Hel", b"lo"]))
while execution.arrivals or execution._packed:
    time.sleep(0.01)
print("written", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def store(tmp_path):
    """A store, closed at the end."""
    store = open_store(tmp_path / "history.db")
    yield store
    store.close()


def test_a_row_is_running_and_then_complete(store):
    """It has one number from its start on."""
    numbers = []
    execution = store.start(lambda: started("Hi"), numbers.append)
    assert [(row.id, row.status) for row in store.search()] == [(1, "running")]
    execution.end(lambda: ended("Yo", cost=0.5))
    (row,) = store.search()
    assert (row.id, row.status, row.answer, row.cost) == (1, "complete", "Yo", 0.5)
    assert set(numbers) == {1}


def test_a_history_that_was_never_written_is_empty(store):
    """Looking at it makes no file."""
    assert store.search("anything") == []
    assert store.matching("") == []
    assert not store.path.exists()
    with pytest.raises(InvalidRequest, match="history: there is no #1"):
        store.load(1)


@pytest.mark.parametrize(
    ("number", "words"), [(7, "no #7"), (0, "no #0"), (-4, "no execution -4 from the end")]
)
def test_an_unknown_number_is_an_error_that_names_it(store, number, words):
    """Also where a mark is to be set."""
    for _ in range(3):
        keep(store)
    for act in (store.load, store.star, store.unstar):
        with pytest.raises(InvalidRequest, match=words):
            act(number)


def test_executions_are_loaded_by_number_and_from_the_end(store):
    """-1 is the latest."""
    for text in ("one", "two", "three"):
        keep(store, text)
    assert [store.load(number).row.prompt for number in (1, -1, -2)] == ["one", "three", "two"]


def test_a_star_has_a_note_until_it_is_taken_back(store):
    """Both are in the row."""
    keep(store)
    store.star(-1, "good")
    (row,) = store.search("is:starred")
    assert (row.is_starred, row.note) == (True, "good")
    store.unstar(1)
    (row,) = store.search()
    assert (row.is_starred, row.note) == (False, "")


def test_what_is_forgotten_is_not_found_any_more(store):
    """The others keep their numbers."""
    for text in ("one", "two", "three"):
        keep(store, text)
    assert store.forget(store.matching("two")) == 1
    assert [row.id for row in store.search()] == [3, 1]
    assert store.forget([2, 99]) == 0


def test_a_history_of_an_earlier_version_is_migrated_when_it_is_first_read(tmp_path):
    """What only the present tables have can be asked at once."""
    path = tmp_path / "history.db"
    kept = Path(__file__).parent / "files" / "history-v1.db.gz"
    path.write_bytes(gzip.decompress(kept.read_bytes()))
    store = open_store(path)
    assert store.versions_on(b"rows") == set()
    assert [row.prompt for row in store.search("cat")] == ["Name a cat"]
    store.close()


def test_the_journal_of_a_running_execution_is_written_every_second(store, monkeypatch):
    """And goes when the result is there."""
    monkeypatch.setattr(history_writer, "TICK_S", 0.01)
    execution = store.start(lambda: started("slow"))
    entries = [
        Exchange(run=0, number=0, request="{}"),
        Arrival(number=0, t_ms=1.0, events=[b"Hel"]),
        Arrival(number=0, t_ms=2.0, events=[b"lo"]),
    ]
    for entry in entries:
        execution.arrivals.append(entry)
        while store.load(1).journal[-1:] != (entry,):
            pass
    assert store.load(1).journal == tuple(entries)
    execution.end(lambda: ended("Hello"))
    assert store.load(1).journal == ()


def test_what_arrived_is_kept_when_the_process_is_killed(tmp_path, monkeypatch, start_python):
    """Its row reads as interrupted when the session was not seen for a while, and is completed."""
    path = tmp_path / "history.db"
    process = start_python(RUN, path, **PIPED)
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.communicate(timeout=PROCESS_S)
    store = open_store(path)
    assert [row.status for row in store.search()] == ["running"]
    monkeypatch.setattr(history_query, "STALE_S", -1.0)
    monkeypatch.setattr(history_store, "STALE_S", -1.0)
    (row,) = store.search()
    assert (row.status, row.answer) == ("interrupted", "Hello")
    assert store.load(1).result == '{"text": "Hello"}'
    store.close()


def spoiled_by(sql):
    def spoil(path, monkeypatch):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(sql)

    return spoil


def spoiled_replay(path, monkeypatch):
    def fail(_execution):
        raise KeyError("messages")

    monkeypatch.setattr("tests.store.executions.replayed", fail)


@pytest.mark.parametrize(
    "spoil",
    [
        spoiled_replay,
        spoiled_by("INSERT INTO journal (execution_id, events) VALUES (1, x'00')"),
        spoiled_by("INSERT INTO journal (execution_id, events) VALUES (1, '')"),
        spoiled_by("UPDATE runs SET request = x'00'"),
    ],
    ids=["replay", "journal", "text", "request"],
)
def test_a_killed_row_that_cannot_be_read_stands_in_the_way_of_no_other(
    tmp_path, monkeypatch, spoil
):
    """It is completed without a result, and the history of every process goes on."""
    path = tmp_path / "history.db"
    killed = open_store(path)
    killed.start(lambda: started("killed"))
    killed.flush()
    killed.close()
    spoil(path, monkeypatch)
    monkeypatch.setattr(history_query, "STALE_S", -1.0)
    monkeypatch.setattr(history_store, "STALE_S", -1.0)
    store = open_store(path, replay=executions.replayed)
    assert keep(store, "next") == 2
    rows = {row.prompt: (row.status, row.answer) for row in store.search()}
    assert rows == {"next": ("complete", "Hello"), "killed": ("interrupted", "")}
    store.close()


def test_a_session_that_was_not_seen_completes_its_row_all_the_same(store, monkeypatch):
    """As that of a laptop that slept."""
    execution = store.start(lambda: started("Hi"))
    store.flush()
    monkeypatch.setattr(history_query, "STALE_S", -1.0)
    monkeypatch.setattr(history_store, "STALE_S", -1.0)
    assert [row.status for row in store.search()] == ["interrupted"]
    execution.end(lambda: ended("awake"))
    assert [(row.status, row.answer) for row in store.search()] == [("complete", "awake")]


def test_a_session_is_renewed_while_something_runs(store, monkeypatch):
    """So that no other process takes it for killed."""
    monkeypatch.setattr(history_writer, "TICK_S", 0.01)
    monkeypatch.setattr(history_store, "RENEW_S", 0.0)
    execution = store.start(lambda: started("Hi"))
    store.flush()

    def seen_s():
        with closing(sqlite3.connect(store.path)) as connection:
            return connection.execute("SELECT seen_s FROM sessions").fetchone()[0]

    before = seen_s()
    while seen_s() == before:
        time.sleep(0.01)
    execution.end(ended)


def test_eight_processes_write_at_once_and_none_loses_a_row(tmp_path, start_python):
    """From the making of the file on."""
    path = tmp_path / "data" / "history.db"
    writers = [start_python(WRITE, path, number, 100, **PIPED) for number in range(8)]
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    outputs = [writer.communicate(timeout=PROCESS_S)[0] for writer in writers]
    assert outputs == ["[]\n"] * 8
    store = open_store(path)
    rows = store.search(limit=10_000)
    expected = {f"{writer}-{number}" for writer in range(8) for number in range(100)}
    assert {row.prompt for row in rows} == {row.answer for row in rows} == expected
    assert len(rows) == 800
    store.close()


def test_the_size_is_kept_in_the_background(tmp_path):
    """By the limits of the store."""
    store = open_store(tmp_path / "history.db")
    store.limits = (512.0, 1.0)
    keep(store, "old", started_s=1000.0)
    keep(store, "new")
    store.flush()
    assert [row.prompt for row in store.search()] == ["new"]
    store.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [("notes\n" * 500, "is not a database, or is corrupt")],
)
def test_a_history_that_cannot_be_read_is_an_error(tmp_path, content, words):
    """It names the file; nothing is written."""
    path = tmp_path / "history.db"
    path.write_text(content)
    store = open_store(path)
    with pytest.raises(ChatError, match=words):
        store.search()
    assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]
