"""Sources that a panel can be filled from: results, grids, jobs and cells."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

import chat_magic
from chat_magic import InvalidRequest
from chat_magic.core.cell.form import write_form
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET
from chat_magic.engine.session import JobList
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.jobs import Job
from chat_magic.shell.panel.sources import chat_cells, form_from, notebook_sources


def result(text, **parameters):
    """Return a result without choices."""
    request = ChatRequest(
        model="a/b", messages=(Message(role="user", content=text),), parameters=parameters
    )
    return ChatResult(request, Reply(), Timing(), ())


def results(temperatures):
    """Return the results of a sweep."""
    coordinates = tuple({"temperature": value} for value in temperatures)
    runs = tuple(result("Hi", temperature=value) for value in temperatures)
    return ChatResults(runs, (), coordinates)


def finished_job(outcome):
    """Return a job that has ended with a result or an error."""

    def wait(_show=None):
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    task = SimpleNamespace(wait=wait, elapsed_s=0.0, note=None)
    job = Job(task, JobList(), model="a/b")
    job.join()
    return job


def titles(namespace, history=()):
    return [title for title, _ in notebook_sources(namespace, history)]


def test_cells_are_offered_beside_any_number_of_results():
    """A notebook with many results still offers its last eight cells, the newest first."""
    namespace = {f"r{number}": result("Hi") for number in range(30)}
    history = ["", *(f"%%chat a/b\nNumber {number}" for number in range(1, 11))]
    offered = titles(namespace, history)
    assert offered[:30] == [f"result r{number}" for number in range(30)]
    assert offered[30:] == [f"In [{n}] %%chat a/b Number {n}" for n in range(10, 2, -1)]


def test_each_run_of_a_grid_is_offered_with_its_settings():
    """And fills the panel with the request of that run."""
    sources = notebook_sources({"grid": results([0, 1.5, UNSET])}, [])
    assert [title for title, _ in sources] == [
        "result grid[0] · temperature 0",
        "result grid[1] · temperature 1.5",
        "result grid[2] · temperature unset",
    ]
    assert write_form(form_from(sources[1][1])) == "%%chat a/b --temperature 1.5\nuser: Hi"


def test_of_a_large_grid_the_first_runs_are_offered():
    """Twenty; a list of a thousand would hide the cells."""
    assert len(titles({"grid": results(range(100))}, ["%%chat a/b\nHi"])) == 21


def test_a_finished_job_is_offered_as_its_result():
    """Also one that failed after a part had arrived; one without a result is left out."""
    partial = chat_magic.ChatError("broken")
    partial.result = result("Half")
    namespace = {
        "done": finished_job(result("Hi")),
        "grid": finished_job(results([0, 1])),
        "partial": finished_job(partial),
        "failed": finished_job(chat_magic.ChatError("x")),
    }
    assert titles(namespace) == [
        "result done",
        "result grid[0] · temperature 0",
        "result grid[1] · temperature 1",
        "result partial",
    ]


def test_a_running_job_is_not_offered():
    """Waiting for it would block the kernel."""
    release = threading.Event()
    task = SimpleNamespace(
        wait=lambda _show=None: release.wait(30) and result("Hi"), elapsed_s=0.0, note=None
    )
    job = Job(task, JobList(), model="a/b")
    assert titles({"job": job}) == []
    release.set()
    job.join()
    assert titles({"job": job}) == ["result job"]


def test_other_variables_are_not_offered():
    """Nor are names that begin with an underscore, such as `_` and `_12`."""
    namespace = {"text": "%%chat\nHi", "number": 1, "kind": ChatResult, "_12": result("Hi")}
    assert titles(namespace) == []


@pytest.mark.parametrize(
    ("cell", "is_offered"),
    [
        ("%%chat a/b\nHi", True),
        ("\n\n  %%chat a/b\nHi", True),
        ("%%chat\tlocal\nHi", True),
        ("%%chat", True),
        ("%%chatter\nHi", False),
        ("%%chat?", False),
        ("%chat Hi", False),
        ("x = '%%chat'", False),
    ],
)
def test_cells_of_the_magic_are_offered_wherever_it_recognises_them(cell, is_offered):
    """Blank lines before the magic do not matter."""
    assert list(chat_cells([cell])) == ([cell.strip()] if is_offered else [])


def test_a_cell_that_was_run_again_is_offered_once():
    """Under its last number; cells that begin alike are both offered."""
    start = "%%chat a/b\n" + "A long beginning that two cells share. " * 3
    history = ["", start + "One", start + "Two", start + "One"]
    sources = notebook_sources({}, history)
    assert [source for _, source in sources] == [start + "One", start + "Two"]
    assert [title.split()[1] for title, _ in sources] == ["[3]", "[2]"]
    assert all(len(title) == 60 and title.endswith("…") for title, _ in sources)


@pytest.mark.parametrize(
    ("source", "cell"),
    [
        (None, "%%chat\n"),
        ("%%chat a/b -t 1\nHi", "%%chat a/b --temperature 1\nuser: Hi"),
        ("\n%%chat a/b\nHi", "%%chat a/b\nuser: Hi"),
        ("Hi", "%%chat\nuser: Hi"),
        (result("{{ x }}"), "%%chat a/b --raw\nuser: {{ x }}"),
        (results([0.5, 1]), "%%chat a/b --temperature 0.5\nuser: Hi"),
        (results([0, 1])[1:], "%%chat a/b --temperature 1\nuser: Hi"),
    ],
)
def test_a_form_is_made_from_any_source(source, cell):
    """Of several results it is that of the first."""
    assert write_form(form_from(source)) == cell


def test_a_form_is_made_from_the_result_of_a_job():
    """Whether that is one result or several."""
    assert write_form(form_from(finished_job(result("Yo")))) == "%%chat a/b\nuser: Yo"
    cell = write_form(form_from(finished_job(results([0.5]))))
    assert cell == "%%chat a/b --temperature 0.5\nuser: Hi"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (1, r"expected a result or the text of a %%chat cell, got int"),
        (chat_magic.ChatError("x"), r"got ChatError"),
        (ChatResults(()), r"the results are empty"),
    ],
)
def test_other_values_are_refused(source, words):
    """With what was expected."""
    with pytest.raises(InvalidRequest, match=words):
        form_from(source)


def test_a_job_without_a_result_is_refused():
    """With its number and state."""
    job = finished_job(chat_magic.ChatError("x"))
    with pytest.raises(InvalidRequest, match=rf"job {job.number} has no result \(failed\)"):
        form_from(job)
