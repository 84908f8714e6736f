"""The function `chat_grid`: its arguments, the requests of a grid, and its results."""

from __future__ import annotations

import inspect
import itertools
import math
import pickle
import re
import threading

import pandas as pd
import pytest

import chat_magic
from chat_magic import UNSET, InvalidRequest, chat_grid
from tests.completions import completion, delta
from tests.engine.calls import echo
from tests.gateway import Wait, events, streamed, whole


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
    """The shared ones have the same names; a grid has no conversation."""
    of_grid = set(inspect.signature(chat_grid).parameters)
    of_chat = set(inspect.signature(chat_magic.chat).parameters)
    assert of_chat - of_grid == {"thread"}
    assert of_grid - of_chat == {
        "check",
        "truth",
        "over",
        "rows",
        "prompts",
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


REVIEWS = pd.DataFrame(
    {"text": ["fine", "bad", "fine"], "stars": [5, 1, 5]},
    index=pd.Index(["p", "q", "r"], name="document"),
)


def test_each_row_meets_each_variant(gateway):
    """Rows first; equal rows are requests of their own; the answers stand beside the data."""
    server = gateway(echo)
    results = chat_grid("{{ text }}", over=REVIEWS, sweep={"temperature": [0, 1]})
    assert results.axes[0].kind == "row"
    assert results.coordinates[3] == {"document": "q", "temperature": 1}
    assert len(server.requests) == 6
    assert results.answers.index.equals(REVIEWS.index)
    assert results.answers[["text", "stars"]].equals(REVIEWS)
    assert results.answers["temperature=0"].tolist() == [
        "a/b 0 fine", "a/b 0 bad", "a/b 0 fine",
    ]  # fmt: skip
    assert list(results.frame)[:4] == ["run", "model", "document", "temperature"]


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (REVIEWS["text"], ["fine", "bad", "fine"]),
        (["fine", "bad"], ["fine", "bad"]),
        ([{"text": "fine"}], ["fine"]),
        ({"text": ["fine", "bad"]}, ["fine", "bad"]),
        (pd.Series([1, 2]), ["1", "2"]),
    ],
)
def test_rows_come_from_data_of_many_kinds(gateway, data, texts):
    """A list's or an unnamed Series' variable is `text`."""
    gateway(echo)
    answers = chat_grid("{{ text }}", over=data).answers
    assert answers["answer"].tolist() == [f"a/b None {text}" for text in texts]


def test_no_rows_are_an_empty_result_with_all_columns(gateway):
    """Nothing is sent, and nothing fails."""
    server = gateway(echo)
    results = chat_grid("{{ text }}", over=REVIEWS[:0], sweep={"temperature": [0, 1]}, n=2)
    assert (len(results), server.requests) == (0, [])
    assert list(results.answers) == ["text", "stars", "temperature=0", "temperature=1"]
    form = {"schema": "age: int", "labels": ["yes", "no"]}
    formed, one = (chat_grid("{{ text }}", over=REVIEWS[:n], **form) for n in (0, 1))
    assert list(formed.frame) == list(one.frame)
    assert list(formed.answers) == list(one.answers) == ["text", "stars", "answer", "answer.age"]
    whole = chat_grid("{{ text }}", over=REVIEWS[:1], sweep={"temperature": [0, 1]})
    assert list(results.frame) == list(whole.frame)
    assert list(results.tokens) == list(whole.tokens)
    assert results.from_json(results.to_json()) == results


def test_no_rows_are_checked_without_a_fault(gateway):
    """Each variant has its line, without a share; tables have the columns that rows give them."""
    gateway(echo)
    asked = {
        "sweep": {"temperature": [0, UNSET]}, "truth": "stars", "check": "answer",
        "labels": ["yes", "no"],
    }  # fmt: skip
    none, whole = (chat_grid("{{ text }}", over=REVIEWS[:n], **asked) for n in (0, 2))
    rates = none.pass_rates
    assert rates["variant"].tolist() == whole.pass_rates["variant"].tolist()
    assert rates.dtypes.drop("model").equals(whole.pass_rates.dtypes.drop("model"))
    assert (rates["answers"].sum(), rates["share"].notna().sum()) == (0, 0)
    assert none.pass_rates_by("stars")["rows"].tolist() == [0] * len(rates)
    assert list(none.checks) == list(whole.checks)
    assert none.versus(0, 1).sentence.endswith("have no row in common.")
    assert list(none.versus()["a"]) == ["temperature=0"]
    assert none.pareto().frame["variant"].tolist() == ["temperature=0", "temperature=unset"]
    with pytest.raises(InvalidRequest, match="no answer has both a truth and log probabilities"):
        none.calibration()


def test_a_row_that_failed_is_missing_among_the_answers(gateway):
    """The others are there, and `.errors` says why."""

    def answer(request):
        if request.json["messages"][0]["content"] == "bad":
            return whole({"error": {"message": "no"}}, status=400)
        return echo(request)

    gateway(answer)
    results = chat_grid("{{ text }}", over=REVIEWS, n=2)
    assert results.answers["answer"].isna().tolist() == [False, True, False]
    assert results.answers["answer"].iloc[0] == ["a/b None fine"] * 2
    assert list(results.errors) == [1]


def test_a_row_that_is_no_text_fails_alone(gateway):
    """A lone surrogate cannot be sent; the others are answered."""
    gateway(echo)
    results = chat_grid("{{ text }}", over=["fine", "\ud800"])
    assert results.answers["answer"].isna().tolist() == [False, True]
    assert list(results.errors) == [1]


def test_some_of_the_rows_are_asked(gateway):
    """With the labels that they have in the data."""
    gateway(echo)
    results = chat_grid("{{ text }}", over=REVIEWS, rows="head:2")
    assert results.answers.index.tolist() == ["p", "q"]
    drawn = chat_grid("{{ text }}", over=REVIEWS, rows=2)
    assert drawn.answers.index.tolist() == chat_grid(
        "{{ text }}", over=REVIEWS, rows="2:0"
    ).answers.index.tolist()  # fmt: skip


def test_equal_rows_have_recordings_of_their_own(gateway, history_file, tmp_path, monkeypatch):
    """They are draws of the same request; where CI is set, cassettes only replay."""
    monkeypatch.delenv("CI", raising=False)
    numbers = itertools.count()
    server = gateway(lambda _request: streamed(completion(str(next(numbers)))))
    cassette = tmp_path / "c.jsonl"
    first = chat_grid("{{ text }}", over=["a", "a"], concurrency=1, cassette=cassette)
    again = chat_grid("{{ text }}", over=["a", "a"], concurrency=1, cassette=cassette)
    assert first.answers["answer"].tolist() == again.answers["answer"].tolist() == ["0", "1"]
    assert again.replayed
    assert len(server.requests) == 2


def test_labels_are_columns_of_the_frame(gateway):
    """They turn the alternatives on, and keep their number where it is given."""
    top = [{"token": "yes", "logprob": math.log(0.75)}, {"token": "no", "logprob": math.log(0.25)}]
    token = {**top[0], "top_logprobs": top}
    answer = delta("yes", finish_reason="stop", logprobs={"content": [token]})
    server = gateway(lambda _request: events(answer))
    results = chat_grid("{{ text }}", over=["a", "b"], labels=["yes", "no"])
    assert results.frame["p[yes]"].tolist() == pytest.approx([0.75, 0.75])
    names = [name for name in results.frame if name.startswith("p[")]
    assert names == ["p[yes]", "p[no]", "p[ambiguous]", "p[other]", "p[residual]"]
    chat_grid("{{ text }}", over=["a"], labels=["yes"], top_logprobs=3)
    assert [request.json["top_logprobs"] for request in server.requests] == [20, 20, 3]
    again = results.from_json(results.to_json())
    assert again.frame["p[no]"].tolist() == pytest.approx([0.25, 0.25])


def test_labels_also_belong_to_a_single_answer(gateway):
    """`chat` takes them too, with their place."""
    top = [{"token": "yes", "logprob": math.log(0.75)}]
    token = [{"token": "so ", "logprob": 0.0, "top_logprobs": []}, {**top[0], "top_logprobs": top}]
    answer = delta("so yes", finish_reason="stop", logprobs={"content": token})
    gateway(lambda _request: events(answer))
    result = chat_magic.chat("Hi", labels=["yes"], labels_at=re.compile("so (.*)"))
    assert result.frame["p[yes]"].tolist() == pytest.approx([0.75])
    again = type(result).from_json(result.to_json())
    assert again.frame["p[yes]"].tolist() == pytest.approx([0.75])


def test_labels_ask_for_as_many_alternatives_as_the_server_allows(gateway):
    """Its refusal names the number; a warning says so."""

    def answer(request):
        if request.json["top_logprobs"] > 5:
            words = "Requested sample logprobs of 20, which is greater than max allowed: 5"
            return whole({"error": {"message": words}}, status=400)
        return echo(request)

    server = gateway(answer)
    result = chat_magic.chat("Hi", labels=["yes", "no"])
    assert [request.json["top_logprobs"] for request in server.requests] == [20, 5]
    assert "top_logprobs 20: the server allows 5" in result.warnings


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"labels": ["text"]}, "labels are the possible answers; the right ones are --truth COL"),
        ({"labels": "stars"}, "labels are the possible answers; the right ones are --truth COL"),
        ({"labels": ["a", "A"]}, "'A' is empty, or like another one"),
        ({"labels_at": "first"}, "labels_at requires labels"),
        ({"labels": ["a"], "logprobs": False}, "labels require logprobs: remove what turns it off"),
        ({"labels": ["a"], "top_logprobs": UNSET}, "labels require top_logprobs: remove"),
        ({"rows": "x"}, "rows x: expected N or N:SEED"),
        ({"over": None, "rows": 3}, "rows requires over"),
        ({"over": 3}, "over: expected a DataFrame"),
        ({"over": ["a"] * 2001}, "2,001 requests: at most 2,000; .*chat_map.*--as-frame"),
        ({"vary": {"stars": [1]}}, "--vary stars: stars is a column of the rows"),
    ],
)
def test_wrong_rows_and_labels_are_refused_before_anything_is_sent(gateway, arguments, words):
    """In one line."""
    server = gateway(echo)
    with pytest.raises(InvalidRequest, match=words):
        chat_grid("{{ text }} {{ stars }}", **{"over": REVIEWS, **arguments})
    assert server.requests == []
