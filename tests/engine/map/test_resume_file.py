"""Maps that are resumed: what is finished is never asked again."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading

import pandas as pd
import pytest

from chat_magic import InvalidRequest
from chat_magic.store.rows import RowsFile
from tests.completions import chunks_of, completion
from tests.engine.test_chat_map import ask, last_text, refusal, shout
from tests.gateway import Wait, events
from tests.waiting import wait_until

ROWS = [f"row {number}" for number in range(40)]


@pytest.fixture
def history(tmp_path, monkeypatch):
    """The folder of the history, which is on."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(tmp_path / "history" / "history.db"))
    return tmp_path / "history"


def test_the_same_call_asks_nothing_again(gateway, tmp_path):
    """Its table is equal."""
    server = gateway(shout)
    first = ask(ROWS, resume=tmp_path / "map.db")
    again = ask(ROWS, resume=str(tmp_path / "map.db"))
    assert len(server.requests) == 40
    pd.testing.assert_frame_equal(first, again)
    assert again.attrs["chat_magic"]["resumed"] == 40


def test_only_rows_that_failed_are_asked_again(gateway, tmp_path):
    """As are those that are missing."""
    is_broken = True
    server = gateway(
        lambda request: refusal(400, "no") if is_broken and "7" in last_text(request)
        else shout(request)
    )  # fmt: skip
    failed = ask(ROWS, resume=tmp_path / "map.db")["answer.error"].notna()
    is_broken = False
    answers = ask(ROWS, resume=tmp_path / "map.db")
    assert answers["answer"].notna().all()
    assert len(server.requests) == 40 + failed.sum()


def test_a_row_in_the_middle_costs_one_request(gateway, tmp_path):
    """Rows match by what is asked, not by their place."""
    server = gateway(shout)
    ask(ROWS, resume=tmp_path / "map.db")
    ask([*ROWS[:20], "new", *ROWS[20:]], resume=tmp_path / "map.db")
    assert [last_text(request) for request in server.requests[40:]] == ["new"]


def test_equal_rows_are_separate_draws(gateway, tmp_path):
    """Two of them are two requests, and a third one a further request."""
    numbers = iter(range(100))
    server = gateway(lambda _: events(*chunks_of(completion(f"draw {next(numbers)}"))))
    first = ask(["same"] * 2, resume=tmp_path / "map.db", concurrency=1)
    assert first["answer"].tolist() == ["draw 0", "draw 1"]
    again = ask(["same"] * 3, resume=tmp_path / "map.db")
    assert again["answer"].tolist() == ["draw 0", "draw 1", "draw 2"]
    assert len(server.requests) == 3


def test_other_parameters_match_no_row_and_one_line_says_so(gateway, tmp_path, capsys):
    """The file of another prompt is no error."""
    server = gateway(shout)
    ask(ROWS, resume=tmp_path / "map.db")
    assert capsys.readouterr().err == ""
    ask(ROWS, "Say {{ text }}", resume=tmp_path / "map.db")
    assert len(server.requests) == 80
    (line,) = capsys.readouterr().err.splitlines()
    assert "40 rows are of another prompt" in line


def test_another_programs_file_is_refused_untouched(gateway, tmp_path):
    """Nothing is sent."""
    server = gateway(shout)
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InvalidRequest, match=r"resume .*other\.db: it is a database of another"):
        ask(ROWS, resume=path)
    assert path.read_bytes() == before
    assert not server.requests


def test_above_200_rows_there_is_a_file_by_itself(gateway, history, capsys):
    """Beside the history; one line says so, and the same call resumes."""
    server = gateway(shout)
    rows = [f"row {number}" for number in range(201)]
    ask(rows, resume=None)
    (file,) = (history / "maps").glob("*.db")
    assert "maps" in capsys.readouterr().err
    ask(rows, resume=None)
    assert len(server.requests) == 201
    assert list((history / "maps").glob("*.db")) == [file]


def test_up_to_200_rows_there_is_none(gateway, history):
    """Nor with `resume=False`."""
    gateway(shout)
    ask(ROWS, resume=None)
    ask([f"row {number}" for number in range(201)], resume=False)
    assert not (history / "maps").exists()


def test_a_generator_has_a_file_once_it_has_given_more_than_200_rows(gateway, history):
    """The first of them are in it too."""
    server = gateway(shout)
    rows = [f"row {number}" for number in range(250)]
    ask(iter(rows), resume=None)
    (file,) = (history / "maps").glob("*.db")
    with RowsFile(file) as kept:
        assert kept.count() == 250
    ask(iter(rows), resume=None)
    assert len(server.requests) == 250


def test_an_answer_that_cannot_be_read_is_asked_again(gateway, tmp_path):
    """A damaged row is no crash."""
    server = gateway(shout)
    ask(["one"], resume=tmp_path / "map.db")
    with sqlite3.connect(tmp_path / "map.db") as connection:
        connection.execute("UPDATE rows SET answer = x'00'")
    connection.close()
    assert ask(["one"], resume=tmp_path / "map.db")["answer"].tolist() == ["ONE"]
    assert len(server.requests) == 2


PROGRAM = """
import sys
from chat_magic import chat_map
rows = [f"row {number}" for number in range(100)]
chat_map(rows, "{{ text }}", concurrency=4, resume=sys.argv[1], progress=False)
"""


def test_a_killed_process_loses_only_what_was_in_flight(gateway, tmp_path, start_python):
    """What the resume file has is not asked again."""
    hold, counted = threading.Event(), []

    def answer(request):
        counted.append(last_text(request))
        if len(counted) > 50 and not hold.is_set():
            return events(Wait(hold))
        return shout(request)

    server = gateway(answer)
    path = tmp_path / "map.db"
    process = start_python(PROGRAM, path)
    wait_until(lambda: len(counted) >= 54)
    with RowsFile(path) as file:
        wait_until(lambda: file.count() == 50)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    hold.set()
    rows = [f"row {number}" for number in range(100)]
    answers = ask(rows, concurrency=4, resume=path)
    assert answers["answer"].tolist() == [f"ROW {number}" for number in range(100)]
    asked = [last_text(request) for request in server.requests]
    assert len(asked) == 104
    assert len(set(asked)) == 100
