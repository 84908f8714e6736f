"""Grids that are run: order, bound, faults and interrupts, by a scripted server."""

from __future__ import annotations

import inspect
import pickle
import threading

import pytest

import chat_magic
from chat_magic import UNSET, ChatError, ChatInterrupted, ChatResults, InvalidRequest, chat_grid
from chat_magic.core.cell.grid import read_grid
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.engine.grid_plan import plan_grid
from chat_magic.engine.grid_task import start_grid
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError
from tests import interrupts
from tests.completions import completion, delta
from tests.gateway import HOLD, Sleep, Wait, events, streamed, whole
from tests.waiting import TIMEOUT_S, wait_until


def echo(request):
    """Answer with what was asked."""
    sent = request.json
    words = f"{sent['model']} {sent.get('temperature')} {sent['messages'][-1]['content']}"
    return streamed(completion(*[words] * sent.get("n", 1)))


def start(cell, *, concurrency=8, **variables):
    grid = read_grid(cell, variables, MAGIC_OPTIONS)
    session = default_session()
    plan = plan_grid(session, grid.axes, grid.variants, concurrency=concurrency)
    return start_grid(session, plan)


def test_every_combination_is_asked_and_stands_in_its_place(gateway):
    """Whatever order the answers come in."""

    def answer(request):
        wait = Sleep(0.2) if request.json["model"] == "a/b" else Sleep(0)
        return events(wait, *[delta(request.json["model"], finish_reason="stop")])

    server = gateway(answer)
    results = chat_grid("Hi", models=["a/b", "c/d"], sweep={"temperature": [0, UNSET]})
    assert [result.text for result in results] == ["a/b", "a/b", "c/d", "c/d"]
    assert results.coordinates == (
        {"model": "a/b", "temperature": 0},
        {"model": "a/b", "temperature": UNSET},
        {"model": "c/d", "temperature": 0},
        {"model": "c/d", "temperature": UNSET},
    )
    assert [axis.name for axis in results.axes] == ["model", "temperature"]
    assert results.models == ("a/b", "c/d")
    assert results.errors == {}
    assert len(server.requests) == 4
    assert sum("temperature" in request.json for request in server.requests) == 2


def test_wordings_vary_from_python_too(gateway):
    """A dict's keys title the runs; the messages are templates then."""
    gateway(echo)
    results = chat_grid(
        "Be {{ tone }}, {{ name }}",
        vary={"tone": {"formal": "courteous", "short": "brief"}},
        variables={"name": "Ada"},
    )
    assert [r.text for r in results] == ["a/b None Be courteous, Ada", "a/b None Be brief, Ada"]
    assert [c["tone"] for c in results.coordinates] == ["formal", "short"]


def test_what_holds_for_one_model_is_sent_to_it_alone(gateway):
    """`per_model=` as `per_model:` in a cell; None unsets."""
    server = gateway(echo)
    chat_grid(
        "Hi", models=["a/b", "c/d"], temperature=0.5, per_model={"c/d": {"temperature": None}}
    )
    sent = {request.json["model"]: request.json.get("temperature") for request in server.requests}
    assert sent == {"a/b": 0.5, "c/d": None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"models": ["a/b", "a/b"]}, "models: a/b is given twice"),
        ({"models": "a/b"}, "models: must be a list of models"),
        ({"models": []}, "models: no value is given"),
        ({"models": ["a"], "model": "b"}, "model: given both as a value and as an axis"),
        ({"sweep": {"temperature": [3]}}, "sweep temperature 3: must be 0 to 2"),
        ({"sweep": {"temperature": 1}}, "sweep temperature: must be a list of values"),
        ({"sweep": [("n", [1])]}, "sweep: must be a dict of names and their values"),
        ({"vary": ["tone"]}, "vary: must be a dict of names and their values"),
        ({"sweep": {"n": [1]}, "n": 2}, "n: given both as a value and as an axis"),
        ({"sweep": {"model": ["a"]}, "models": ["b"]}, "models are given twice"),
        ({"vary": {"tone": ["x"]}}, r"vary tone: the cell does not use \{\{ tone"),
        ({"vary": {"tone": "x"}}, "vary tone: expected a list or a dict"),
        ({"models": ["a"], "concurrency": 65}, "concurrency 65: must be a whole number, 1 to 64"),
        ({"models": ["a"], "per_model": {"b": {}}}, "per_model b: is not asked; the models are a"),
        (
            {"sweep": {"max_tokens": [UNSET, 5]}, "max_completion_tokens": 3},
            "max_tokens 5: max_tokens and max_completion_tokens exclude each other",
        ),
    ],
)
def test_all_is_checked_before_anything_is_sent(gateway, arguments, words):
    """One request that does not go together keeps back all."""
    server = gateway(echo)
    with pytest.raises(InvalidRequest, match=words):
        chat_grid("Hi", **arguments)
    assert server.requests == []


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_requests_are_under_way_than_allowed(gateway, concurrency):
    """Nor fewer. Further requests for missing choices count: the server returns one of two."""
    total = 6 * 2
    ends = [threading.Event() for _ in range(total)]
    waiting = iter(ends)
    underway = []

    def answer(_request):
        underway.append(len(underway) + 1 - sum(end.is_set() for end in ends))
        return events(Wait(next(waiting)), delta("Hi", finish_reason="stop"))

    gateway(answer)
    run = start("%%chat a/b --n 2 --sweep seed=0,1,2,3,4,5\nHi", concurrency=concurrency)
    for n_ended, end in enumerate(ends):
        expected = min(n_ended + concurrency, total)
        wait_until(lambda expected=expected: len(underway) == expected)
        end.set()
    assert [len(result) for result in run.wait()] == [2] * 6
    assert max(underway) == concurrency


def test_one_that_fails_stops_none_and_is_told_in_its_place(gateway):
    """Before its answer, or in the middle of it; what came of it is kept."""

    def answer(request):
        if request.json["model"] == "c/d":
            return whole({"error": {"message": "bad key"}}, status=401)
        if request.json["model"] == "e/f":
            return events(delta("Half"), b"data: {broken\n\n")
        return echo(request)

    gateway(answer)
    results = chat_grid("Hi", models=["a/b", "c/d", "e/f"])
    assert [result.text for result in results] == ["a/b None Hi", "", "Half"]
    assert list(results.errors) == [1, 2]
    assert "bad key" in results.errors[1]
    assert "\n" not in results.errors[1]
    assert results[2][0].finish_reason == "error"
    assert results.frame["run"].tolist() == [0, 2]


def test_when_all_fail_one_error_says_so(gateway):
    """With how often, the first reason and its own error, and what came."""

    def answer(request):
        status = 500 if request.json["model"] == "a/b" else 400
        return whole({"error": {"message": f"no {status}"}}, status=status)

    gateway(answer)
    with pytest.raises(
        ChatError, match=r"all 2 runs failed: .*no 500.*\(and 1 other reason\)$"
    ) as e:
        chat_grid("Hi", models=["a/b", "c/d"], retries=0)
    assert isinstance(e.value.result, ChatResults)
    assert list(e.value.result.errors) == [0, 1]
    assert isinstance(e.value.__cause__, ApiError)
    assert e.value.__cause__.status == 500


def test_a_run_that_stalls_is_given_up_alone(gateway):
    """`timeout` is for each answer, from when it is sent."""

    def answer(request):
        stalls = request.json["model"] == "a/b"
        return events(delta("Half"), HOLD) if stalls else echo(request)

    gateway(answer)
    results = chat_grid("Hi", models=["a/b", "c/d"], timeout=0.5, concurrency=1)
    assert [result.text for result in results] == ["Half", "c/d None Hi"]
    assert "not complete within 0.5 s" in results.errors[0]


def test_an_interrupt_stops_all_and_keeps_what_came(gateway):
    """Runs that ended, that had begun, and that waited stand in their places."""

    def answer(request):
        return echo(request) if request.json["seed"] == 0 else events(delta("Half"), HOLD)

    server = gateway(answer)
    handle = start("%%chat a/b --sweep seed=0,1,2,3\nHi", concurrency=2)

    def cancel_when_begun(task):
        if all(run.task and run.task.has_output for run in task.runs[:3]):
            assert task.note == "1 of 4 done"
            handle.cancel()
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        handle.wait(cancel_when_begun)
    results = caught.value.result
    assert [result.text for result in results] == ["a/b None Hi", "Half", "Half", ""]
    assert results.errors == {
        1: "interrupted",
        2: "interrupted",
        3: "interrupted before it was sent",
    }
    assert results[1][0].finish_reason == "interrupted"
    assert len(server.requests) == 3
    assert all(request.closed.wait(TIMEOUT_S) for request in server.requests[1:])


def test_an_interrupt_at_any_moment_leaves_the_next_grid_free(gateway):
    """No lock stays held, and nothing is sent afterwards."""
    gateway(interrupts.answer)
    cell = "%%chat a/b --sweep seed=0,1,2\nHi"
    assert interrupts.strike(lambda: start(cell, concurrency=2), 30, 0.0004) > 20
    assert chat_grid("Last", models=["a/b"])[0].text == "Hi"


def test_functions_run_in_every_run(gateway):
    """Each with its own rounds."""

    def weather(city: str) -> str:
        """Tell the weather."""
        return f"sun in {city}"

    def answer(request):
        sent = request.json
        if sent["messages"][-1]["role"] == "tool":
            return streamed(completion(sent["messages"][-1]["content"]))
        asked = completion("", finish_reason="tool_calls")
        function = {"name": "weather", "arguments": f'{{"city": "{sent["model"]}"}}'}
        calls = [{"id": "c0", "type": "function", "function": function}]
        asked["choices"][0]["message"] = {"role": "assistant", "tool_calls": calls}
        return streamed(asked)

    gateway(answer)
    results = chat_grid("Weather?", models=["paris", "rome"], tools=[weather])
    assert [result.text for result in results] == ["sun in paris", "sun in rome"]
    with pytest.raises(InvalidRequest, match="n 2: n 2: tools that are functions require n = 1"):
        chat_grid("Weather?", sweep={"n": [1, 2]}, tools=[weather])


def test_a_schema_holds_for_every_run(gateway):
    """`.parsed` of each, its fields in the frame, and a misfit is a warning of its run."""

    def answer(request):
        fits = request.json["model"] == "a/b"
        return streamed(completion('{"age": 3}' if fits else '{"age": "x"}'))

    gateway(answer)
    results = chat_grid("How old?", models=["a/b", "c/d"], schema="age: int")
    assert results[0].parsed == {"age": 3}
    assert results.frame["parsed.age"].isna().tolist() == [False, True]
    assert [bool(result.warnings) for result in results] == [False, True]


def test_a_grid_goes_on_from_a_result(gateway):
    """`after=` brings its conversation to every run; several results are none to go on from."""
    server = gateway(echo)
    first = chat_magic.chat("Count")
    results = chat_grid("On", models=["c/d", "e/f"], after=first)
    assert [len(request.json["messages"]) for request in server.requests] == [1, 3, 3]
    assert results[1].request.model == "e/f"
    with pytest.raises(
        InvalidRequest,
        match=r"after: expected one result, got the ChatResults of 2 runs: .*pick\(1\)",
    ):
        chat_magic.chat("On", after=results)
    assert chat_magic.chat("On", after=results.pick(1)).request.model == "e/f"


def test_files_are_read_once_for_all_runs_of_the_same_messages(gateway, tmp_path, monkeypatch):
    """Not once a request."""
    path = tmp_path / "a.txt"
    path.write_text("inside")
    from chat_magic.transport import attachments

    reads = []
    read = attachments._read
    monkeypatch.setattr(attachments, "_read", lambda one: reads.append(one) or read(one))
    server = gateway(lambda request: streamed(completion("Hi")))
    start(f"%%chat a/b --sweep seed=1,2,3\nHi\n@file {path}").wait()
    assert len(server.requests) == 3
    assert len(reads) == 1


def test_it_takes_what_chat_takes():
    """By the same names, `stream` and all parameters too."""
    ours = set(inspect.signature(chat_grid).parameters)
    assert set(inspect.signature(chat_magic.chat).parameters) <= ours
    assert ours - set(inspect.signature(chat_magic.chat).parameters) == {
        "models",
        "sweep",
        "vary",
        "per_model",
        "concurrency",
    }


def test_a_wait_is_told_while_it_lasts(gateway):
    """The note says how many are done, and what is waited for."""
    server = gateway(whole({"error": "busy"}, status=503))
    run = start("%%chat --models a/b,c/d\nHi")
    server.wait_for_request()
    wait_until(lambda: "try 2 of 3" in run.task.note)
    assert run.task.note.startswith("0 of 2 done · ")
    assert run.task.elapsed_s > 0
    run.cancel()
    with pytest.raises(ChatInterrupted) as caught:
        run.wait()
    assert caught.value.result is None


def test_several_results_pickle(gateway):
    """With axes, coordinates and errors; the tables are made again."""
    gateway(echo)
    results = chat_grid("Hi", sweep={"temperature": [0, UNSET]})
    _ = results.frame
    copy = pickle.loads(pickle.dumps(results))
    assert copy == results
    assert copy.coordinates[1]["temperature"] is UNSET
    assert copy.frame.equals(results.frame)
