"""The answers that were found, as a table and as a reply."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.analysis.branches import branches_table
from chat_magic.analysis.distribution_table import distribution_table, found_reply
from chat_magic.analysis.reply_columns import read_replies


@pytest.fixture
def search():
    """A search that found `ab` and `ac`."""
    found = AnswerSearch(max_tokens=8)
    end = NextToken(0, b"", 1.0, is_end=True)
    found.extend(0, [NextToken(1, b"a", 1.0, text="a")])
    found.extend(1, [NextToken(2, b"b", 0.75, text="b"), NextToken(3, b"c", 0.25, text="c")])
    for node in found.best(2):
        found.extend(node, [end])
    return found


def test_answers_are_rows(search):
    """The likeliest is first."""
    table = distribution_table(search.answers(), {})
    assert table["answer"].tolist() == ["ab", "ac"]
    assert table["prob_low"].tolist() == [0.75, 0.25]
    assert table["n_tokens"].tolist() == [2, 2]
    assert table["complete"].tolist() == [True, True]


def test_answers_are_choices_with_their_alternatives(search):
    """So that the tables of results apply."""
    reply = found_reply(search, search.answers())
    assert [choice.text for choice in reply.choices] == ["ab", "ac"]
    token = reply.choices[1].logprobs.content[1]
    assert token.token == "c"
    assert token.logprob == pytest.approx(math.log(0.25))
    assert [other.token for other in token.top_logprobs] == ["b", "c"]
    branches = branches_table(read_replies([reply]), attrs={})
    assert branches["token"].tolist() == ["b", "c"]
    assert branches["model_prob"].tolist() == pytest.approx([0.75, 0.25])
