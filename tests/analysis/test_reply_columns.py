"""How alternatives are ranked, and where the token that came stands among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.reply_columns import STATUSES, read_replies
from chat_magic.core.reply.reply import Choice, Logprobs, Message, Reply

TOP = [("a", -0.5), ("b", -1.5), ("c", -2.5)]


def ranked(columns, row=0):
    """Return the alternatives of a token as (text, log probability), and its column."""
    entries = columns.ranked.entries[row]
    filled = entries.code >= 0
    texts = columns.vocabulary.text[entries.code[filled]]
    return list(zip(texts, entries.logprob_raw[filled].tolist(), strict=True))


def test_alternatives_stand_by_falling_probability(token, reply):
    """VLLM sends the token that came first."""
    columns = read_replies([reply([token("b", -1.5, [TOP[1], TOP[0], TOP[2]])])])
    assert ranked(columns) == TOP
    assert columns.ranked.k_returned.tolist() == [3]
    assert columns.ranked.chosen.tolist() == [1]


def test_equal_and_unmeasured_alternatives_keep_the_servers_order(token, reply):
    """What has no probability comes after all that have one."""
    others = [("m", -100.0), ("x", -1.0), ("y", -1.0), ("n", None), ("p", 0.2)]
    columns = read_replies([reply([token("x", -1.0, others)])])
    assert [text for text, _ in ranked(columns)] == ["x", "y", "m", "n", "p"]
    assert [STATUSES[code] for code in columns.ranked.entries.status[0][:5]] == [
        "ok",
        "ok",
        "masked",
        "missing",
        "positive",
    ]


@pytest.mark.parametrize("logprob", [-9.0, -9999.0, None, -0.1])
def test_a_token_outside_its_alternatives_stands_after_them(token, reply, logprob):
    """Also when it is censored, or more probable than they are."""
    columns = read_replies([reply([token("z", logprob, TOP)])])
    assert [text for text, _ in ranked(columns)] == ["a", "b", "c", "z"]
    assert columns.ranked.k_returned.tolist() == columns.ranked.chosen.tolist() == [3]


def test_a_token_that_the_server_added_to_its_alternatives_is_outside(token, reply):
    """One more than elsewhere and the least probable: its rank is not 4."""
    columns = read_replies([reply([token("a", -0.5, TOP), token("z", -9.0, [*TOP, ("z", -9.0)])])])
    assert columns.ranked.k_returned.tolist() == [3, 3]
    assert columns.ranked.chosen.tolist() == [0, 3]


def test_a_token_that_the_server_put_in_the_place_of_the_least_is_outside(token, reply):
    """VLLM lists it first and cuts the last one off."""
    columns = read_replies([reply([token("z", -9.0, [("z", -9.0), *TOP[:2]])])])
    assert [text for text, _ in ranked(columns)] == ["a", "b", "z"]
    assert columns.ranked.k_returned.tolist() == columns.ranked.chosen.tolist() == [2]


def test_the_least_of_the_alternatives_belongs_to_them_when_it_stands_last(token, reply):
    """As OpenAI lists it."""
    columns = read_replies([reply([token("c", -2.5, TOP)])])
    assert columns.ranked.k_returned.tolist() == [3]
    assert columns.ranked.chosen.tolist() == [2]


def test_a_censored_token_is_outside_even_when_listed(token, reply):
    """Censored means that it lay outside."""
    columns = read_replies([reply([token("z", -9999.0, [*TOP, ("z", -9999.0)])])])
    assert columns.ranked.k_returned.tolist() == columns.ranked.chosen.tolist() == [3]


@pytest.mark.parametrize("others", [None, []])
def test_without_alternatives_the_token_stands_alone(token, reply, others):
    """A server that ignores top_logprobs."""
    columns = read_replies([reply([token("a", -0.5, others)])])
    assert ranked(columns) == [("a", -0.5)]
    assert columns.ranked.k_returned.tolist() == columns.ranked.chosen.tolist() == [0]


def test_an_alternative_listed_twice_counts_once(token, reply):
    """With another log probability it is another token: ids are not sent."""
    columns = read_replies([reply([token("a", -0.5, [("a", -0.5), ("a", -0.5), ("a", -3.0)])])])
    assert ranked(columns) == [("a", -0.5), ("a", -3.0)]
    assert columns.ranked.chosen.tolist() == [0]


def test_a_token_is_found_by_its_bytes_and_then_by_its_log_probability(token, reply):
    """Broken characters look alike; the log probability tells which one came."""
    columns = read_replies([reply([token("\ufffd", -2.0, [("\ufffd", -1.0), ("\ufffd", -2.0)])])])
    assert columns.ranked.chosen.tolist() == [1]
    columns = read_replies([reply([token("▁a", -0.5, [("a", -0.5)], sent=[97])])])
    assert columns.ranked.k_returned.tolist() == [1]


def test_texts_that_differ_after_a_nul_are_different_tokens(token, reply):
    """Older pandas takes them for one."""
    others = [("a\0b", -0.5), ("a", -1.0), ("a\0c", -1.5)]
    columns = read_replies([reply([token("a", -1.0, others)])])
    assert ranked(columns) == others
    assert columns.ranked.chosen.tolist() == [1]


def test_a_token_with_another_log_probability_than_its_alternative_is_still_that_one(token, reply):
    """As llama-cpp-python sent it."""
    columns = read_replies([reply([token("b", -3.0, TOP)])])
    assert columns.ranked.chosen.tolist() == [1]
    assert ranked(columns) == TOP


def test_parts_follow_the_runs_the_choices_and_the_servers_order(token):
    """A refusal comes after the content of its choice, with positions of its own."""
    refused = Choice(
        index=1,
        message=Message(refusal="No."),
        logprobs=Logprobs(refusal=[token("No", -0.1), token(".", -0.2)]),
    )
    plain = Choice(index=0, logprobs=Logprobs(content=[token("Yes", -0.3)]))
    columns = read_replies([Reply(choices=(refused, plain)), Reply(choices=(plain,))])
    parts = [(part.run, part.choice.index, part.name) for part in columns.parts]
    assert parts == [(0, 1, "content"), (0, 1, "refusal"), (0, 0, "content"), (1, 0, "content")]
    assert columns.part.tolist() == [1, 1, 2, 3]
    assert columns.position.tolist() == [0, 1, 0, 0]
    assert columns.answers == [1, 2, 3]


def test_reasoning_is_no_answer(token):
    """Also where nothing else came, as when the length ran out."""
    cut = Choice(index=0, logprobs=Logprobs(reasoning=[token("Hm", -0.1)]))
    columns = read_replies([Reply(choices=(cut,))])
    assert [part.name for part in columns.parts] == ["content", "reasoning"]
    assert columns.answers == [0]


logprobs = st.none() | st.sampled_from([-100.0, -9999.0, 0.2, math.nan]) | st.floats(-20, 0)
alternatives = st.lists(st.tuples(st.sampled_from("abcde"), logprobs), max_size=6)


@given(st.lists(st.tuples(st.sampled_from("abcde"), logprobs, alternatives), max_size=6))
def test_whatever_arrives_the_token_that_came_is_among_its_alternatives(token, reply, tokens):
    """Rows are filled from the left, ordered, and lose nothing but repetitions."""
    columns = read_replies([reply([token(*case) for case in tokens])])
    table = columns.ranked
    for row, (text, _, others) in enumerate(tokens):
        texts = [name for name, _ in ranked(columns, row)]
        assert texts[table.chosen[row]] == text
        assert set(texts) == {text, *(name for name, _ in others)}
        assert table.chosen[row] <= table.k_returned[row] <= len(others)
        assert table.k_returned[row] + (table.chosen[row] == table.k_returned[row]) == len(texts)
        measured = table.entries.logprob[row][: table.k_returned[row]]
        known = measured[~np.isnan(measured)]
        assert (np.diff(known) <= 0).all()
        assert not np.isnan(measured[: len(known)]).any()


TOP = [("a", -0.5), ("b", -1.5), ("c", -2.5)]


@pytest.mark.parametrize(
    ("asked", "others", "is_extra"),
    [
        (3, TOP, False),
        (5, TOP, False),
        (2, TOP, True),
        (None, TOP, True),
        (3, TOP[2:] + TOP[:2], False),
        (2, TOP[2:] + TOP[:2], True),
    ],
)
def test_a_list_that_is_not_longer_than_asked_has_no_extra_token(
    token, reply, asked, others, is_extra
):
    """Even if another list is shorter, or the sampled token is first in it."""
    tokens = [token("a", -0.5, TOP[:2]), token("c", -2.5, others)]
    ranked = read_replies([reply(tokens)], asked=[asked]).ranked
    assert bool(ranked.chosen[1] >= ranked.k_returned[1]) is is_extra
