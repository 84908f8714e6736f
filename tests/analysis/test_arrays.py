"""Typed numpy arrays, and how they are made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.arrays import count_up, factorize, integers, objects


def test_lists_become_a_one_dimensional_array_of_objects():
    """Which numpy would otherwise make a matrix of."""
    array = objects([[1, 2], [3, 4]])
    assert array.shape == (2,)
    assert array[1] == [3, 4]


@pytest.mark.parametrize("values", [[], [3, -1]])
def test_integers_are_integers_even_if_there_are_none(values):
    """Of which numpy would otherwise make floats."""
    assert np.issubdtype(integers(values).dtype, np.integer)
    assert integers(values).tolist() == values


@given(st.lists(st.text(st.sampled_from("a\x00\ud800"), max_size=2)))
def test_codes_lead_back_to_the_values(values):
    """In the order of first occurrence; NUL and lone surrogates are told apart."""
    codes, distinct = factorize(values)
    assert [distinct[code] for code in codes] == values
    assert distinct == list(dict.fromkeys(values))


@pytest.mark.parametrize(
    ("lengths", "counts"), [([2, 3], [0, 1, 0, 1, 2]), ([0, 1, 0], [0]), ([], [])]
)
def test_each_run_counts_up_from_zero(lengths, counts):
    """Also runs of no length."""
    assert count_up(integers(lengths)).tolist() == counts
