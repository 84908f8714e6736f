"""A distribution as a result: what is kept, what is read back, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chat_magic import Distribution, InvalidRequest
from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.core.request.request import ChatRequest
from chat_magic.results.distribution_record import (
    recorded_distribution,
    result_of_distribution,
    without_search,
)


@pytest.fixture
def found():
    """A distribution of three requests, one of which found nothing."""
    search = AnswerSearch(4)
    a, b = NextToken(1, b"a", 0.5, text="a"), NextToken(2, "学".encode()[:2], 0.3, text="\ufffd")
    search.extend(0, [a, b])
    search.extend(2, [])
    search.extend(1, [NextToken(0, b"", 0.75, is_end=True), NextToken(1, b"a", 0.1, text="a")])
    return Distribution(
        request=ChatRequest(model="a/b"), search=search, n_requests=3, total_s=1.5, warnings=("w",)
    )


def test_a_distribution_is_read_back_with_its_tree(found):
    """So that it can be extended, and its figures are equal to the bit."""
    read = Distribution.from_json(found.to_json())
    assert read.to_json() == found.to_json()
    assert read.frame.equals(found.frame)
    assert read.unseen == found.unseen
    assert read.search.nodes == found.search.nodes
    assert read.search.best(9) == found.search.best(9)
    assert (read.n_requests, read.total_s, read.warnings) == (3, 1.5, ("w",))


def test_as_a_result_its_answers_are_scored_choices(found):
    """None was sampled: each has the log probabilities of its tokens, and that of its end."""
    scores = result_of_distribution(found).scores
    assert scores["candidate"].tolist() == ["a"]
    assert scores["prob"].tolist() == [0.5]
    assert scores["end_logprob"].apply(lambda x: round(2.718281828**x, 6)).tolist() == [0.75]
    assert scores["method"].tolist() == ["search"]


def test_without_the_tree_it_is_a_result_like_others(found):
    """As the history keeps old ones."""
    result = result_of_distribution(found)
    bare = replace(result, reply=without_search(result.reply))
    assert bare.extra == {}
    with pytest.raises(InvalidRequest, match="not that of a distribution"):
        recorded_distribution(bare)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([[5, []]], "node 5 is not open"),
        ([[-1, []]], "node -1 is not open"),
        ([[0, []], [0, []]], "node 0 is not open"),
        ([[0, [[1, "YQ==", 2.0, False, "a"]]]], "prob must be 0 to 1"),
        ([[0, [[1, "?", 0.5, False, "a"]]]], "not that of a distribution"),
        ("x", "not that of a distribution"),
    ],
)
def test_other_trees_are_refused(found, steps, words):
    """In one line."""
    document = json.loads(found.to_json())
    document["result"]["reply"]["extra"]["search"]["steps"] = steps
    with pytest.raises(InvalidRequest, match=words):
        Distribution.from_json(json.dumps(document))
