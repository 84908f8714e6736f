"""How many choices a server takes at a time, by the words with which it refuses more."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.choice_limit import choice_limit


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("x answered 400: Only n=1 is supported", 1),
        ("Only n = 1 is supported at the moment", 1),
        ("'n' : number must be at most 1", 1),
        ("candidateCount must be between 1 and 8 inclusive", 8),
        ("n must be between 1 and 4", 4),
        ("Currently only n > 1 is not supported", 1),
        ("n_cmpl cannot be greater than the number of slots, please increase -np", 1),
        ("n must be 1 when using greedy sampling, got 12.", 1),
        ("Invalid 'n': integer above maximum value. Expected a value <= 8, but got 12", 8),
        ("body.n: Input should be less than or equal to 4", 4),
        ("n: must be less than or equal to 10", 10),
        ("Unsupported parameter: 'n'", 1),
        ("it is not supported (param 'n')", 1),
        ("Multiple candidates is not enabled for this model", 1),
        ("candidateCount must be 1", 1),
        ("Only one completion can be generated", 1),
    ],
)
def test_a_refusal_may_be_about_the_number_of_choices(words, limit):
    """The limit is named, or is 1."""
    assert choice_limit(words, 12) == limit


@pytest.mark.parametrize(
    "words",
    [
        "top_p must be at most 1",
        "the model gpt-n is unknown",
        "max_tokens = 1 is too small",
        "context length is 2048, n_ctx = 2048",
        "no such model; is the base URL right?",
    ],
)
def test_other_refusals_are_not(words):
    """They name other parameters."""
    assert choice_limit(words, 12) is None


def test_a_single_choice_is_never_too_many():
    """Whatever the words."""
    assert choice_limit("Only n=1 is supported", 1) is None
