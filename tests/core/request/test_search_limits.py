"""The limits of a search: their JSON, and what is not allowed."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.request.search_limits import SearchLimits, read_search
from chat_magic.errors import InvalidRequest

LIMITS = SearchLimits(mass=0.95, max_requests=50, max_tokens=32, at=3, base="x")


def test_limits_are_read_back():
    """From their JSON values."""
    assert read_search(LIMITS.to_json()) == LIMITS


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        {**LIMITS.to_json(), "more": 1},
        {**LIMITS.to_json(), "mass": 2},
        {**LIMITS.to_json(), "at": -1},
        {**LIMITS.to_json(), "base": 1},
    ],
)
def test_any_other_value_is_no_limits(value):
    """A field of the same name that a user sends is his own."""
    assert read_search(value) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mass": 0}, "mass 0: must be a probability above 0 and at most 1"),
        ({"mass": math.nan}, "mass nan"),
        ({"max_requests": 0}, "max_requests 0: must be a whole number, at least 1"),
        ({"max_tokens": True}, "max_tokens True"),
    ],
)
def test_values_out_of_range_are_errors(change, words):
    """They name the argument."""
    with pytest.raises(InvalidRequest, match=words):
        SearchLimits(**{**LIMITS.to_json(), **change}).check()
