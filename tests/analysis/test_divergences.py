"""Where texts diverge."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.divergences import (
    answer_texts,
    branch_stats,
    find_divergences,
    first_divergence,
)
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.core.reply.reply import Choice, Message, Reply


def texts_of(*replies):
    return list(answer_texts(read_replies(replies)))


def test_texts_know_their_run_position_and_index():
    """The position in the reply is not the index where a choice is left out."""
    said = [Choice(index=index, message=Message(content="x")) for index in (0, 2)]
    texts = texts_of(Reply(choices=tuple(said)), Reply(choices=tuple(said[1:])))
    assert [(text.run, text.position, text.index) for text in texts] == [
        (0, 0, 0), (0, 1, 2), (1, 0, 2),
    ]  # fmt: skip


def test_a_refusal_is_the_text_of_a_choice_without_content():
    """As in every table of answers."""
    refused = Choice(index=0, message=Message(refusal="No."))
    assert [text.data for text in texts_of(Reply(choices=(refused,)))] == [b"No."]


def test_texts_diverge_at_the_token_with_the_first_different_byte(sampled):
    """In whichever of them it begins first."""
    divergence = first_divergence(texts_of(sampled("a|bc", "ab|d")))
    assert divergence.start == 1
    assert [branch.token for branch in divergence.branches] == [b"bc", b"bd"]


def test_equal_texts_do_not_diverge(sampled):
    """However they are tokenized."""
    texts = texts_of(sampled("a|b", "ab"))
    assert first_divergence(texts) is None
    assert find_divergences(texts) == []


def test_the_alternatives_at_an_offset_are_those_of_the_token_that_begins_there(token, reply):
    """With the sampled token's own probability; none where no token begins."""
    quarter = math.log(0.25)
    (text,) = texts_of(reply([token("ab", quarter, [("ab", -0.1), ("c", math.log(0.5))])]))
    assert text.alternatives_at(0) == {b"ab": pytest.approx(0.25), b"c": pytest.approx(0.5)}
    assert text.alternatives_at(1) == {}


def test_the_probability_of_several_tokens_is_their_product(sampled):
    """Only if they fill the bytes without a gap."""
    (text,) = texts_of(sampled("a|b|c"))
    assert text.probs_at(0, b"ab")[b"ab"] == pytest.approx(0.25)
    assert b"abX" not in text.probs_at(1, b"b")


def test_pieces_of_a_text_end_between_code_points(token, choice):
    """A token that ends inside one is extended to its end."""
    tokens = [token("a", -1.0), *(token("?", -1.0, sent=[byte]) for byte in "é".encode())]
    (text,) = texts_of(Reply(choices=(choice(tokens, "aé"),)))
    assert len(text.tokens) == 3
    assert text.pieces == ["a", "é"]


def test_stats_without_probabilities_have_none():
    """Rather than NaN, which JSON does not know."""
    first, second = branch_stats([(1, 4, []), (3, 4, [0.5, 0.7])])
    assert (first["share"], first["model_prob"]) == (0.25, None)
    assert (second["model_prob"], second["model_prob_min"]) == (pytest.approx(0.6), 0.5)
    assert branch_stats([]) == []


@given(st.lists(st.text(st.sampled_from("ab é"), max_size=6), min_size=1, max_size=6))
def test_every_text_follows_one_branch_at_each_divergence_it_reaches(contents):
    """And at the end it is alone with its equals."""
    said = [Choice(index=n, message=Message(content=text)) for n, text in enumerate(contents)]
    texts = texts_of(Reply(choices=tuple(said)))
    divergences = find_divergences(texts)
    assert bool(divergences) == (len(set(contents)) > 1)
    for divergence in divergences:
        assert divergence.among == sum(len(branch.texts) for branch in divergence.branches)
        assert len(divergence.branches) > 1
        for branch in divergence.branches:
            assert all(
                text.data.startswith(branch.token, divergence.start) for text in branch.texts
            )
