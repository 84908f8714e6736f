"""The table of tokens under other sampling settings."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chat_magic
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.request.request import ChatRequest
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from tests.analysis.conftest import build_choice, build_token

HALF, QUARTER, EIGHTH = (math.log(1 / n) for n in (2, 4, 8))
LISTED = [("A", HALF), ("B", QUARTER), ("C", EIGHTH)]


def answer(*tokens, temperature=None, **fields):
    """Return a result with the tokens as its answer."""
    parameters = {} if temperature is None else {"temperature": temperature}
    reply = Reply(choices=(build_choice(tokens, **fields),))
    return ChatResult(ChatRequest(model="a/b", parameters=parameters), reply, Timing())


def sampled(count, rng):
    """Return tokens drawn from what is reported, two of equal probability and a third."""
    listed = [("A", math.log(0.45)), ("B", math.log(0.45)), ("C", math.log(0.1))]
    draws = rng.choice(3, size=count, p=[0.45, 0.45, 0.1])
    return [build_token(*listed[draw], listed) for draw in draws]


def test_each_written_token_is_a_row():
    """Bounds where unseen tokens matter, exact with as few as are listed."""
    result = answer(build_token("B", QUARTER, LISTED), build_token("C", EIGHTH, LISTED))
    table = result.what_if(top_k=2)
    assert list(table) == ["run", "choice", "position", "token", "prob_low", "prob_high", "cut"]
    assert table["token"].tolist() == ["B", "C"]
    assert table["prob_low"].tolist() == pytest.approx([1 / 3, 0])
    assert table["prob_high"].tolist() == pytest.approx([1 / 3, 0])
    assert table["cut"].tolist() == [False, True]


def test_a_refusal_stands_for_its_answer_and_reasoning_is_left_out():
    """So that choice and position identify a row."""
    token = build_token("B", QUARTER, LISTED)
    choice = build_choice([], "")
    logprobs = choice.logprobs.__class__(content=[], refusal=[token], reasoning=[token] * 3)
    choice = choice.__class__(
        index=0, message=choice.message.__class__(content="", refusal="B"), logprobs=logprobs
    )
    result = ChatResult(ChatRequest(model="a/b"), Reply(choices=(choice,)), Timing())
    assert result.what_if()["token"].tolist() == ["B"]


def test_without_alternatives_there_is_nothing_to_tell():
    """The error says what to ask for; a result without an answer is an empty table."""
    with pytest.raises(InvalidRequest, match=r"there are no alternatives: ask with --top-logprobs"):
        answer(build_token("A", HALF)).what_if()
    assert ChatResult(ChatRequest(model="a/b"), Reply(), Timing()).what_if().empty


def test_probabilities_that_are_tempered_already_are_refused():
    """Of 50 tokens and more that look sampled from them, where a temperature was sent."""
    rng = np.random.default_rng(1)
    tempered = answer(*sampled(60, rng), temperature=0.3)
    with pytest.raises(InvalidRequest, match=r"already those after temperature 0\.3.*z "):
        tempered.what_if(temperature=0.5)
    with pytest.raises(InvalidRequest, match="what_if: run 1: "):
        ChatResults((answer(*sampled(60, rng)), tempered)).what_if()
    for allowed in (
        answer(*sampled(60, rng), temperature=1),
        answer(*sampled(40, rng), temperature=0.3),
        answer(*[build_token("A", math.log(0.45), [("A", math.log(0.45)), ("B", math.log(0.45)),
               ("C", math.log(0.1))])] * 120, temperature=0.3),
    ):  # fmt: skip
        assert len(allowed.what_if(temperature=0.5)) >= 40


@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.5])
def test_the_bounds_contain_what_the_whole_vocabulary_gives(weights, temperature):
    """Of the embedded model, as far as a thousand alternatives show it."""
    asked = {"model": "local", "seed": 5, "max_completion_tokens": 12, "temperature": 1}
    few = chat_magic.chat("Name a river.", **asked, top_logprobs=10)
    many = chat_magic.chat("Name a river.", **asked, extra={"top_logprobs": 1000})
    assert few.text == many.text
    rough, close = (result.what_if(temperature=temperature) for result in (few, many))
    tolerance = 1e-3
    assert (rough["prob_low"] <= close["prob_high"] + tolerance).all()
    assert (rough["prob_high"] >= close["prob_low"] - tolerance).all()
    width = (close["prob_high"] - close["prob_low"]).max()
    assert width <= (rough["prob_high"] - rough["prob_low"]).max() + tolerance
