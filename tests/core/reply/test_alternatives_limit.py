"""How many alternatives a server gives, by the words with which it refuses more."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.alternatives_limit import alternatives_limit


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("Requested sample logprobs of 20, which is greater than max allowed: 5", 5),
        ("Invalid top_logprobs value, the valid range of top_logprobs is [0, 8]", 8),
        ("top_logprobs: Input should be less than or equal to 5", 5),
        ("'top_logprobs' must be between 0 and 10", 10),
        ("Invalid 'top_logprobs': Expected a value <= 5, but got 20", 5),
        ("logprobs is not supported with this model", None),
        ("top_logprobs must be between 0 and 20", None),
        ("max_tokens: maximum is 5", None),
    ],
)
def test_a_refusal_may_name_how_many_are_allowed(words, limit):
    """If it is about alternatives, and fewer than were asked for."""
    assert alternatives_limit(words, 20) == limit
