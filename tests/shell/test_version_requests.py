"""What the labextension asks the kernel about the versions of a cell."""

from __future__ import annotations

import json

import pytest

from chat_magic import load_ipython_extension, unload_ipython_extension
from chat_magic.engine.history_recorder import CellPlace
from chat_magic.shell import version_requests
from chat_magic.shell.version_requests import VersionReply, saved_versions
from chat_magic.view.bundle import MIME_TYPE
from tests.engine.calls import echo


@pytest.fixture
def run(shell, session, gateway, history_file, monkeypatch):
    """Return a function that runs a cell with an id, and returns its result."""
    gateway(echo)
    load_ipython_extension(shell)

    def run(line, prompt, cell_id="c"):
        text = f"%%chat {line}\n{prompt}"
        place = CellPlace(cell_id=cell_id, notebook="/w/a.ipynb", source=text)
        monkeypatch.setattr(session.history, "locate", lambda: place)
        return shell.run_cell_magic("chat", line, prompt)

    yield run
    unload_ipython_extension(shell)


def ask(**request):
    """Return the reply to a request."""
    bundle = VersionReply(json.dumps(request))._repr_mimebundle_()
    return json.loads(json.dumps(bundle["application/json"]))


def test_the_versions_of_a_cell_are_listed_with_the_one_on_screen(run):
    """The oldest first; the newest that has this answer is on screen."""
    answers = [run("", prompt, cell).text for cell, prompt in [("c", "A"), ("d", "B"), ("c", "C")]]
    reply = ask(ask="list", cell="c", answer=answers[2])
    assert [version["id"] for version in reply["versions"]] == [1, 3]
    assert reply["versions"][0]["title"].startswith("#1 · ")
    assert reply["current"] == 3
    assert ask(ask="list", cell="c", answer=answers[0])["current"] == 1


@pytest.mark.parametrize(("cell", "answer"), [("c", "another answer"), ("z", "")])
def test_an_answer_that_the_history_lacks_is_no_version(run, cell, answer):
    """As in a notebook that someone else ran."""
    run("", "A")
    assert ask(ask="list", cell=cell, answer=answer)["current"] is None


def test_a_version_is_shown_with_its_cell(run):
    """As it was drawn."""
    result = run("-t 0.2", "A")
    reply = ask(ask="show", id=1)
    assert reply["cell"] == "%%chat -t 0.2\nA"
    assert reply["payload"] == result._repr_mimebundle_()[MIME_TYPE]


def test_two_versions_are_compared(run):
    """Under the titles that the header gives them."""
    run("-t 0.2", "A cat")
    run("-t 0.8", "A dog")
    reply = ask(ask="diff", before=[1, "version 1"], after=[2, "version 2"])
    assert (reply["before"], reply["after"]) == ("version 1", "version 2")
    assert reply["prompt"]["parameters"] == [["temperature", "0.2", "0.8"]]


def test_a_fault_is_told(run):
    """In one line."""
    assert "there is no #99" in ask(ask="show", id=99)["error"]


def saved(result, most):
    """Return the numbers of the versions that a notebook holds."""
    return [entry["version"] for entry in saved_versions(result.history_id, most)]


@pytest.mark.parametrize(("most", "expected"), [(1, [3]), (2, [2, 3]), (9, [1, 2, 3])])
def test_the_last_versions_are_saved_where_the_user_asks(run, most, expected):
    """Without the one that is drawn anyway."""
    results = [run("", prompt) for prompt in "ABCD"]
    assert saved(results[3], most) == expected
    entry = saved_versions(4, most)[-1]
    assert set(entry) == {"version", "cell", "results", "axes", "comparison"}
    assert entry["cell"] == "%%chat \nC"


def test_the_oldest_versions_are_left_out_beyond_the_limit(run, monkeypatch):
    """Counted in bytes of JSON."""
    results = [run("", "é" * 500) for _ in range(4)]
    whole = saved_versions(results[3].history_id, 9)
    size = len(json.dumps(whole[1:], ensure_ascii=False).encode())
    monkeypatch.setattr(version_requests, "MOST_BYTES", size)
    assert saved(results[3], 9) == [2, 3]
    monkeypatch.setattr(version_requests, "MOST_BYTES", 100)
    assert saved(results[3], 9) == []


def test_the_payload_has_versions_only_where_the_user_asks(run, shell, session, monkeypatch):
    """And a page that is exported never does."""
    magics = next(x for x in shell.configurables if type(x).__name__ == "ChatMagics")
    run("", "forget me")
    result = run("", "B")
    assert "versions" not in magics._bundle(result)[MIME_TYPE]
    session.configuration.set("saved_versions", 3)
    assert [v["version"] for v in magics._bundle(result)[MIME_TYPE]["versions"]] == [1]
    assert "forget me" not in result.export("html")
    assert "forget me" not in json.dumps(result._repr_mimebundle_())
