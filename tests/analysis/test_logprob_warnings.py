"""What is said of odd log probabilities."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.core.reply.reply import Choice, Logprobs, Reply

SOUND = [("a", -0.5), ("b", -1.2)]


def test_a_sound_reply_has_no_oddities(token, reply):
    """Nor has one whose token lay outside its alternatives, or whose sums are rounded."""
    rounded = [("a", math.log(0.5004)), ("b", math.log(0.5))]
    tokens = [
        token("a", -0.5, SOUND),
        token("z", -9.0, SOUND[::-1]),
        token("b", math.log(0.5), rounded),
    ]
    assert logprob_warnings(reply(tokens)) == ()


def test_a_reply_without_log_probabilities_has_no_oddities():
    """Nothing was asked for, nothing is odd."""
    assert logprob_warnings(Reply(choices=(Choice(index=0),))) == ()


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (("a", -0.1, [("a", -0.1), ("b", -0.2)]), "probabilities of alternatives add up to more"),
        (("a", 0.3, None), "log probabilities above 0"),
        (("a", -0.5, [("a", -0.5), ("b", 0.1)]), "log probabilities above 0"),
        (("a", -2.5, SOUND), "another log probability than for the same"),
        (("a", -9999.0, SOUND), "another log probability than for the same"),
        (("a", -2.0, [("b", -2.5), ("b", -2.5)]), "the same alternative listed twice"),
        (("z", -9999.0, SOUND), "no probability, only that the token lay outside"),
        (("z", -3.4e38, None), "no probability, only that the token lay outside"),
        (("z", -math.inf, None), "no probability, only that the token lay outside"),
        (("a", -100.0, None), "no probability, only that the token was forbidden"),
        (("10", -9999.0, [('":', 0.0), ("x", -100.0)]), "an unlikely token beside a certain"),
    ],
)
def test_an_oddity_is_counted_and_its_first_place_given(token, reply, odd, words):
    """In the fourth token here."""
    tokens = [token("b", -1.2, SOUND), token("x", None), token("x", math.nan), token(*odd)]
    (sentence,) = [
        s for s in logprob_warnings(reply([token("a", -0.5)], tokens)) if s.startswith(words)
    ]
    assert sentence.endswith(" at 1 of 5 tokens, first at position 3 of choice 1")


def test_tokens_without_a_log_probability_are_counted(token, reply):
    """Null, as NaN, is none."""
    (sentence,) = logprob_warnings(
        reply([token("a", -0.5), token("b", None), token("c", math.nan)])
    )
    assert sentence == "no log probability at 2 of 3 tokens, first at position 1 of choice 0"


def test_alternatives_copied_over_a_chunk_are_found(token, reply):
    """SGLang gave all tokens of a chunk the alternatives of the first."""
    copied = [token("a", -0.5, SOUND), token("x", -4.0, SOUND), token("y", -5.0, SOUND)]
    (sentence,) = logprob_warnings(reply(copied))
    assert sentence.startswith("alternatives copied from the token before at 2 of")


def test_equal_alternatives_that_a_grammar_left_are_no_copies(token, reply):
    """One possible token twice is what a grammar asks for."""
    forced = [token("0", 0.0, [("0", 0.0), ("1", -100.0)]) for _ in range(2)]
    assert logprob_warnings(reply(forced)) == ()


def test_a_constant_zero_is_found_in_an_answer_long_enough_to_tell(token, reply):
    """A short one can be certain of every token."""
    assert logprob_warnings(reply([token("a", 0.0)] * 9)) == ()
    (sentence,) = logprob_warnings(reply([token("a", 0.0)] * 10))
    assert sentence == "all 10 log probabilities are 0: the server may not compute them"


def test_the_place_says_when_it_is_in_a_refusal(token):
    """Content and refusal count their positions apart."""
    refused = Choice(index=2, logprobs=Logprobs(refusal=[token("I", 0.5)]))
    (sentence,) = logprob_warnings(Reply(choices=(refused,)))
    assert sentence.endswith("first at position 0 of choice 2 (refusal)")
