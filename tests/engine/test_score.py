"""The function `score`: what it asks of each kind of server, and what it refuses."""

from __future__ import annotations

import math
import pickle

import pytest

import chat_magic
from chat_magic import ChatResult, InvalidRequest
from tests.engine.score_servers import LlamaScript, sent_to

TEXTS = ["Paris", "London"]


@pytest.fixture(autouse=True)
def _nothing_is_known(session):
    """Forget what earlier servers at the same address could."""
    session.score_ways.clear()
    session.llama_models._known.clear()
    session.server_kinds._kinds.clear()


def a_tool(name: str) -> str:
    """A function that a model may call."""
    return name


def score(candidates=TEXTS, **options):
    """Score texts at the gateway."""
    return chat_magic.score("Hi", candidates, model="a/b", **options)


def test_each_text_is_a_choice_with_the_log_probabilities_of_its_tokens(gateway):
    """So that all tables of a result serve; `.scores` adds them up."""
    gateway(LlamaScript())
    result = score(["abc", "?"])
    assert [choice.text for choice in result] == ["abc", "?"]
    assert result.tokens["token"].tolist() == ["a", "b", "c", "?"]
    assert result.frame["joint_logprob"].tolist() == pytest.approx(
        [3 * math.log(0.5), math.log(0.5)]
    )
    scores = result.scores
    assert scores["prob"].tolist() == pytest.approx([1 / 8, 1 / 2])
    assert scores["end_logprob"].tolist() == pytest.approx([math.log(3 / 8)] * 2)
    assert scores["share"].tolist() == pytest.approx([0.2, 0.8])
    assert scores["rank"].tolist() == [2, 1]
    assert set(scores["method"]) == {"grammar"}
    assert set(scores["bound"]) == {"exact"}
    assert result.warnings == ()


def test_a_result_with_scores_is_kept_like_any_other(gateway):
    """Pickled, as JSON, with its texts in the request."""
    gateway(LlamaScript())
    result = score()
    assert pickle.loads(pickle.dumps(result)) == result
    assert ChatResult.from_json(result.to_json()) == result
    assert result.request.body()["score"] == {"candidates": TEXTS, "end": True}


def test_llama_gets_the_prompt_as_ids_and_a_grammar_of_tokens(gateway):
    """The end tokens are found once, by their ids without a text."""
    server = gateway(LlamaScript())
    score(["ab"], end=False)
    score(["ab"])
    prompt = [ord(c) for c in "HiA:"]
    asked = [body for body in sent_to(server.requests, "/completion") if "grammar" in body]
    assert [body["prompt"] for body in asked] == [prompt, prompt]
    assert {body["grammar"] for body in asked} == {"root ::= <[97]> <[98]>"}
    assert [body["n_predict"] for body in asked] == [2, 3]
    assert len(sent_to(server.requests, "/props")) == 1
    tokenized = sent_to(server.requests, "/tokenize")
    assert {body["parse_special"] for body in tokenized if body["content"] == "ab"} == {False}


def test_more_alternatives_than_the_reference_allows_are_asked_for_as_an_extra_field(gateway):
    """As for `chat`."""
    server = gateway(LlamaScript())
    result = score(["ab"], extra={"top_logprobs": 3}, end=False)
    asked = [body for body in sent_to(server.requests, "/completion") if "grammar" in body]
    assert [body["n_probs"] for body in asked] == [3]
    assert result.scores["candidate"].tolist() == ["ab"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 2}, "n: a score has a choice for each text"),
        ({"logprobs": False}, "logprobs: a score consists"),
        ({"tools": [a_tool]}, "tools: a score runs no functions"),
        ({"candidates": ["a", "a"]}, "are equal"),
        ({"candidates": [""]}, "must not be empty"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_sent(gateway, options, words):
    """The error names the argument."""
    server = gateway(LlamaScript())
    with pytest.raises(InvalidRequest, match=words):
        score(**options)
    assert server.requests == []


def test_an_equal_score_is_served_from_the_cache(gateway, history_file):
    """And another list of texts is another request."""
    server = gateway(LlamaScript())
    first = score(cache=True)
    n_sent = len(server.requests)
    again = score(cache=True)
    assert len(server.requests) == n_sent
    assert again.replayed
    assert again.scores.equals(first.scores)
    score(["Rome"], cache=True)
    assert len(server.requests) > n_sent


def test_a_score_is_in_the_history(gateway, history_file):
    """It is loaded with its table."""
    gateway(LlamaScript())
    result = score(history=True)
    loaded = chat_magic.load(result.history_id)
    assert loaded.scores.equals(result.scores)
