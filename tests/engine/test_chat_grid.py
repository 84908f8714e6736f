"""The function `chat_grid`: its arguments, the requests of a grid, and its results."""

from __future__ import annotations

import inspect
import pickle
import threading

import pytest

import chat_magic
from chat_magic import UNSET, InvalidRequest, chat_grid
from tests.completions import completion, delta
from tests.engine.calls import echo
from tests.gateway import Wait, events, streamed


def test_every_combination_is_sent_and_the_results_are_in_order(gateway):
    """The order in which the answers arrive does not matter."""
    is_answered = threading.Event()

    def answer(request):
        model = request.json["model"]
        if model == "c/d":
            is_answered.set()
        waits = [Wait(is_answered)] if model == "a/b" else []
        return events(*waits, delta(model, finish_reason="stop"))

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


def test_vary_renders_the_messages_with_each_value(gateway):
    """The keys of a dict are the coordinates of its values."""
    gateway(echo)
    results = chat_grid(
        "Be {{ tone }}, {{ name }}",
        vary={"tone": {"formal": "courteous", "short": "brief"}},
        variables={"name": "Ada"},
    )
    assert [r.text for r in results] == ["a/b None Be courteous, Ada", "a/b None Be brief, Ada"]
    assert [c["tone"] for c in results.coordinates] == ["formal", "short"]


def test_per_model_parameters_are_sent_to_that_model_only(gateway):
    """As with `per_model:` in a cell; None removes a parameter."""
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
def test_all_requests_are_checked_before_any_is_sent(gateway, arguments, words):
    """A single invalid request prevents all of them."""
    server = gateway(echo)
    with pytest.raises(InvalidRequest, match=words):
        chat_grid("Hi", **arguments)
    assert server.requests == []


def test_functions_are_called_in_every_run(gateway):
    """Each run has its own rounds of calls."""

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


def test_a_schema_applies_to_every_run(gateway):
    """Its fields are in the frame; an answer that does not fit is a warning of its run."""

    def answer(request):
        fits = request.json["model"] == "a/b"
        return streamed(completion('{"age": 3}' if fits else '{"age": "x"}'))

    gateway(answer)
    results = chat_grid("How old?", models=["a/b", "c/d"], schema="age: int")
    assert results[0].parsed == {"age": 3}
    assert results.frame["parsed.age"].isna().tolist() == [False, True]
    assert [bool(result.warnings) for result in results] == [False, True]


def test_a_grid_continues_from_one_result(gateway):
    """Its conversation precedes every run; several results are refused."""
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


def test_it_has_the_arguments_of_chat_and_those_of_a_grid():
    """The shared ones have the same names."""
    of_grid = set(inspect.signature(chat_grid).parameters)
    of_chat = set(inspect.signature(chat_magic.chat).parameters)
    assert of_chat <= of_grid
    assert of_grid - of_chat == {
        "models",
        "sweep",
        "vary",
        "per_model",
        "concurrency",
    }


def test_the_results_of_a_grid_can_be_pickled(gateway):
    """With axes, coordinates and errors; the tables are the same afterwards."""
    gateway(echo)
    results = chat_grid("Hi", sweep={"temperature": [0, UNSET]})
    _ = results.frame
    copy = pickle.loads(pickle.dumps(results))
    assert copy == results
    assert copy.coordinates[1]["temperature"] is UNSET
    assert copy.frame.equals(results.frame)
