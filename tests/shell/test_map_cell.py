"""Cells with `--as-frame`: the table of a map in the place of a drawing."""

from __future__ import annotations

import pandas as pd
import pytest

import chat_magic
from chat_magic import ApiError, ChatInterrupted, InvalidRequest
from chat_magic.shell.magics import ChatMagics
from tests.engine.test_chat_map import refusal, shout
from tests.gateway import HOLD, events


@pytest.fixture
def run(shell):
    """Return a function that runs a cell."""
    magics = ChatMagics(shell)
    shell.user_ns["reviews"] = pd.DataFrame({"text": ["one", "two"]}, index=["x", "y"])

    def run_cell(line, body="user: {{ text }}"):
        return magics.chat(line, body)

    yield run_cell
    for name in ("reviews", "answers", "tone", "louder"):
        shell.user_ns.pop(name, None)


def test_the_table_is_the_value_and_is_assigned(run, shell, gateway):
    """The data with the answers; the line's parameters are sent."""
    server = gateway(shout)
    table = run("--over reviews --as-frame --out answers --temperature 0")
    assert table["answer"].tolist() == ["ONE", "TWO"]
    assert table.index.tolist() == ["x", "y"]
    assert shell.user_ns["answers"] is table
    assert server.requests[0].json["temperature"] == 0


def test_the_notebook_is_seen_beside_the_row(run, shell, gateway):
    """Its functions can be called, as in any cell of the user's own."""
    gateway(shout)
    shell.user_ns["tone"] = "brief"
    shell.user_ns["louder"] = lambda text: text + "!"
    table = run("--over reviews --as-frame", "system: {{ tone }}\nuser: {{ louder(text) }}")
    assert table["answer"].tolist() == ["ONE!", "TWO!"]


def test_a_silent_cell_has_no_value(run, shell, gateway):
    """Its table is assigned."""
    gateway(shout)
    assert run("--over reviews --as-frame --out answers;") is None
    assert len(shell.user_ns["answers"]) == 2


def test_a_cell_is_resumed_from_its_file(run, gateway, tmp_path):
    """The same cell asks nothing again."""
    server = gateway(shout)
    for _ in range(2):
        run(f"--over reviews --as-frame --resume {tmp_path}/map.db")
    assert len(server.requests) == 2


def test_schema_labels_and_rows_are_those_of_a_map(run, gateway):
    """As columns of the table."""
    server = gateway(shout)
    table = run("--over reviews --as-frame --rows head:1 --labels yes,no --schema 'a: str'")
    assert {"answer.a", "answer.p[yes]", "answer.p[other]"} <= set(table)
    assert len(table) == len(server.requests) == 1


def test_an_error_leaves_the_table_so_far(run, shell, gateway):
    """Under its name."""
    gateway(refusal(401, "wrong key"))
    with pytest.raises(ApiError):
        run("--over reviews --as-frame --out answers")
    assert len(shell.user_ns["answers"]) == 2


def test_in_the_background_a_job_has_the_table(run, shell, gateway):
    """It waits when it is asked."""
    gateway(shout)
    job = run("--over reviews --as-frame --background --out answers")
    assert job is shell.user_ns["answers"]
    assert job.wait()["answer"].tolist() == ["ONE", "TWO"]
    assert job.state == "done"
    assert "ONE" in job._repr_mimebundle_()["text/plain"]


def test_answers_are_recorded_and_used_again(run, gateway, history_file):
    """Row by row, as in any other cell; offline nothing is sent."""
    server = gateway(shout)
    first = run("--over reviews --as-frame --cache")
    for line in ("--cache", "--offline"):
        again = run(f"--over reviews --as-frame {line}")
        assert again["answer"].tolist() == first["answer"].tolist()
    assert len(server.requests) == 2
    run("--over reviews --as-frame --refresh-cache")
    assert len(server.requests) == 4


def test_a_row_that_takes_too_long_has_its_error(run, gateway):
    """Each answer has the time limit of the line."""
    gateway(lambda request: events(HOLD) if b"two" in request.body else shout(request))
    table = run("--over reviews --as-frame --timeout 0.5 --retries 0")
    assert table["answer"].isna().tolist() == [False, True]
    assert "0.5 s" in table["answer.error"].iloc[1]


def test_a_request_is_sent_again_as_often_as_the_line_says(run, gateway):
    """Where its failure may pass."""
    server = gateway(refusal(503, "busy"))
    table = run("--over reviews --as-frame --rows head:1 --retries 0")
    assert table["answer.error"].notna().all()
    assert len(server.requests) == 1


def test_a_map_may_be_left_out_of_the_history(run, gateway, history_file):
    """As any other cell."""
    gateway(shout)
    run("--over reviews --as-frame --no-history")
    assert chat_magic.history().empty
    run("--over reviews --as-frame")
    assert chat_magic.history()["kind"].tolist() == ["map"]


def test_a_job_can_be_cancelled(run, gateway):
    """What is done is in its result."""
    server = gateway(events(HOLD))
    job = run("--over reviews --as-frame --background")
    server.wait_for_request()
    job.cancel()
    with pytest.raises(ChatInterrupted):
        job.wait()
    assert len(job.result) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--as-frame", "--as-frame requires --over"),
        ("--over reviews --resume x.db", "--resume requires"),
        ("--over reveiws --as-frame", "did you mean reviews"),
        ("--over reviews --as-frame --sweep seed=1,2", "--sweep exclude each other"),
        ("--over reviews --as-frame --thread a", "--thread exclude each other"),
        ("--over reviews --as-frame --concurrency many", "--concurrency many"),
        ("--over reviews --as-frame --concurrency 0", "concurrency 0"),
        ("--over reviews --as-frame --timeout 0", "timeout 0"),
        ("--over reviews --as-frame --retries many", "--retries many"),
        ("--over reviews --as-frame --cache --offline", "--cache"),
    ],
)
def test_what_does_not_belong_together_is_an_error_and_nothing_is_sent(run, gateway, line, words):
    """It names the option."""
    server = gateway(shout)
    with pytest.raises(InvalidRequest, match=words):
        run(line)
    assert not server.requests


def test_other_cells_are_no_maps(run, gateway):
    """The words may stand in a prompt."""
    gateway(shout)
    assert run("a/b;", "user: What is --as-frame?") is None
