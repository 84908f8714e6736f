"""The journal of a killed process becomes the result that had arrived."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from math import prod

import pytest

from chat_magic.core.cell.grid import models_axis, prompt_axis, sweep_axis
from chat_magic.core.reply.history_row import HistoryRow
from chat_magic.core.request.request import read_messages
from chat_magic.core.unset import UNSET
from chat_magic.engine.execution_rows import Origin, replayed_end, start_of, stored_result
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.result_json import result_from_json, result_to_json
from chat_magic.store.execution import RunRequest, StoredExecution
from chat_magic.store.journal import Arrival, Exchange, Layout
from tests.completions import chunks_of, completion, delta
from tests.engine.calls import prepare
from tests.results.checked import rows_of


def user(content):
    return {"role": "user", "content": content}


def stored(*journal, kind="answer", runs=1, **fields):
    """Return an execution without a result."""
    body = json.dumps({"model": "b", "messages": [user("Hi")], **fields})
    row = HistoryRow(id=1, started_s=100.0, kind=kind, status="interrupted", model="a/b")
    requests = (RunRequest(model="a/b", endpoint=None, request=body),) * runs
    return StoredExecution(row=row, source=None, result=None, runs=requests, journal=journal)


def events(*chunks):
    return [json.dumps(chunk).encode() for chunk in chunks]


def test_the_journal_of_a_killed_answer_is_its_result():
    """Up to the last event that arrived."""
    body = json.dumps({"model": "b", "messages": [user("Hi")]})
    execution = stored(
        Exchange(run=0, number=0, request=body),
        Arrival(number=0, t_ms=100.0, events=events(delta("Hel"), delta("lo"))),
        Arrival(number=0, t_ms=300.0, events=events(delta(" the"))),
    )
    found = stored_result(execution)
    assert (found.text, found.model) == ("Hello the", "a/b")
    assert found.choices[0].finish_reason == "interrupted"
    assert (found.timing.ttft_s, found.timing.total_s) == (0.1, 0.3)
    end = replayed_end(execution)
    assert (end.status, end.answer, end.ended_s) == ("interrupted", "Hello the", 100.3)


def test_a_killed_round_of_tools_continues_from_its_last_request():
    """The rounds before it are in the messages of that."""
    second = json.dumps({"model": "b", "messages": [user("Hi"), user("The tool says 4")]})
    found = stored_result(
        stored(
            Exchange(run=0, number=0, request=json.dumps({"messages": [user("Hi")]})),
            Arrival(number=0, t_ms=1.0, events=events(delta("Calling"))),
            Exchange(run=0, number=1, request=second),
            Arrival(number=1, t_ms=2.0, events=events(delta("Four"))),
        )
    )
    assert (found.text, len(found.request.messages)) == ("Four", 2)


def test_killed_requests_for_missing_choices_are_put_together():
    """As they would have been."""
    body = json.dumps({"model": "b", "messages": [user("Hi")], "n": 2})
    first = events(*chunks_of(completion("One")))
    found = stored_result(
        stored(
            Exchange(run=0, number=0, request=body),
            Arrival(number=0, t_ms=1.0, events=first),
            Exchange(run=0, number=1, request=body, choice=1),
            Arrival(number=1, t_ms=2.0, events=events(delta("Tw"))),
            n=2,
        )
    )
    assert [choice.text for choice in found] == ["One", "Tw"]


def test_a_killed_grid_has_what_each_run_has():
    """Runs that had not begun have no choices; one whose answer is whole has no error."""
    body = json.dumps({"model": "b", "messages": [user("Hi")]})
    whole = json.dumps(completion("Two")).encode()
    found = stored_result(
        stored(
            Exchange(run=1, number=0, request=body),
            Arrival(number=0, t_ms=1.0, events=[whole], is_whole=True),
            kind="grid",
            runs=3,
        )
    )
    assert [[choice.text for choice in run] for run in found] == [[], ["Two"], []]
    assert found.errors == {0: "interrupted", 2: "interrupted"}


def layout_of(*axes):
    """Return the entry of the journal that has the axes of a grid."""
    calls = [prepare(messages=[user("Hi")])]
    return Layout(start_of("grid", calls, Origin(started_s=1.0), axes).axes)


AXES = {
    "models": [models_axis(["a/b", "c/d"], "models")],
    "a parameter and its absence": [sweep_axis("temperature", [0.5, UNSET])],
    "rows and prompts": [
        rows_of([{"text": "p", "stars": 1}, {"text": "q", "stars": 2}], ["first", "second"]),
        prompt_axis(["A", "B"], [None, read_messages("Hello")], "--prompts"),
    ],
    "two parameters": [sweep_axis("temperature", [0, 1]), sweep_axis("top_p", [0.1, 0.2, 0.3])],
}


@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
def test_a_killed_grid_has_its_axes(axes):
    """And each run its coordinates, the last axis changing fastest, as when it had ended."""
    size = prod(len(axis.titles) for axis in axes)
    body = json.dumps({"model": "b", "messages": [user("Hi")]})
    arrived = [
        Exchange(run=size - 1, number=0, request=body),
        Arrival(number=0, t_ms=1.0, events=events(delta("Hel"))),
    ]
    found = stored_result(stored(layout_of(*axes), *arrived, kind="grid", runs=size))
    names = [axis.name for axis in axes]
    assert [axis.name for axis in found.axes] == names
    assert [axis.titles for axis in found.axes] == [axis.titles for axis in axes]
    places = product(*(axis.coordinates for axis in axes))
    assert list(found.coordinates) == [dict(zip(names, place, strict=True)) for place in places]
    assert found[size - 1].text == "Hel"
    assert set(names) <= set(found.frame.columns)
    again = result_from_json(result_to_json(found))
    assert again.coordinates == found.coordinates


@pytest.mark.parametrize(
    "text", ["no JSON", result_to_json(ChatResults(())), layout_of().axes or ""]
)
def test_axes_that_do_not_fit_the_runs_are_left_out(text):
    """Answers are worth more than where they stand."""
    body = json.dumps({"model": "b", "messages": [user("Hi")]})
    arrived = [
        Exchange(run=0, number=0, request=body),
        Arrival(number=0, t_ms=1.0, events=events(delta("Hi"))),
    ]
    found = stored_result(stored(Layout(text), *arrived, kind="grid", runs=2))
    assert (found.axes, found[0].text) == ((), "Hi")


def test_values_that_json_does_not_have_leave_a_grid_without_axes():
    """The row is kept all the same."""
    axis = sweep_axis("temperature", [0, 1])
    start = start_of(
        "grid", [prepare(messages=[user("Hi")])], Origin(started_s=1.0),
        [replace(axis, values=(object(), 1))],
    )  # fmt: skip
    assert start.axes is None


@pytest.mark.parametrize("garbage", [b"not JSON", b"{", b'{"error":{"message":"no"}}', b""])
def test_what_cannot_be_read_in_a_journal_ends_the_replay(garbage):
    """What came before it is kept."""
    body = json.dumps({"model": "b", "messages": [user("Hi")]})
    found = stored_result(
        stored(
            Exchange(run=0, number=0, request=body),
            Arrival(number=0, t_ms=1.0, events=[*events(delta("Hi")), garbage]),
        )
    )
    assert found.text == "Hi"


def test_an_execution_without_arrivals_has_no_result():
    """None says so."""
    assert stored_result(stored()) is None
    assert replayed_end(stored()).result is None


KEY = "sk-canary-split-0123456789"
SPLITS = {f"after {at} characters": (KEY[:at], KEY[at:]) for at in range(1, len(KEY))}
SPLITS |= {"whole": (KEY,), "each character": tuple(KEY), "broken off": (KEY[:9], KEY[9:-1])}
SPLITS |= {"inside words": (f"My key: {KEY[:4]}", KEY[4:11], f"{KEY[11:]}, keep it")}


def arrival(pieces, make):
    """Return the entries of pieces, each an event, every other one in an entry of its own."""
    body = json.dumps({"model": "b", "messages": [user("Hi")], "logprobs": True})
    chunks = [events(make(piece)) for piece in pieces]
    return [
        Exchange(run=0, number=0, request=body),
        *(Arrival(number=0, t_ms=float(at), events=each) for at, each in enumerate(chunks)),
    ]


def said(piece):
    """Return the chunk of a text with its token, which is its own alternative."""
    token = {"token": piece, "logprob": -0.1, "bytes": list(piece.encode())}
    return delta(piece, logprobs={"content": [{**token, "top_logprobs": [token]}]})


def thought(piece):
    """Return the chunk of reasoning."""
    return delta(reasoning_content=piece)


@pytest.mark.parametrize("make", [said, thought])
@pytest.mark.parametrize("pieces", SPLITS.values(), ids=SPLITS)
def test_no_part_of_a_key_stays_in_what_is_recovered(monkeypatch, pieces, make):
    """Neither in the texts nor in the tokens; another process sent it, from its environment."""
    monkeypatch.setenv("SPLIT_API_KEY", KEY)
    end = replayed_end(stored(*arrival(pieces, make)))
    whole = repr(end)
    assert "***" in end.result
    assert not [KEY[at : at + 6] for at in range(len(KEY) - 5) if KEY[at : at + 6] in whole]
    (choice,) = result_from_json(end.result).choices
    tokens = "".join(token.token for token in choice.logprobs.content) if choice.logprobs else ""
    assert not [KEY[at : at + 6] for at in range(len(KEY) - 5) if KEY[at : at + 6] in tokens]
