"""How far choices agree: known answers, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.agreement import (
    agreement,
    normalised,
    predictive_entropy,
    relative_weights,
    sampled_entropy,
    total_variation_low,
)


@pytest.mark.parametrize(
    ("texts", "share", "distinct", "entropy", "unseen"),
    [
        (["a"], 1, 1, 0, 1),
        (["a", "a", "a"], 1, 1 / 3, 0, 0),
        (["a", "b"], 0.5, 1, math.log(2) + 1 / 4, 1),
        (["a", "a", "b", "c"], 0.5, 0.75, 1.5 * math.log(2) + 2 / 8, 0.5),
        (["Yes", " yes\n", "YES"], 1, 1 / 3, 0, 0),
    ],
)
def test_agreement_has_known_answers(texts, share, distinct, entropy, unseen):
    """Share and variety, entropy with Miller and Madow's correction, Good and Turing's mass."""
    assert agreement(texts) == pytest.approx((share, distinct, entropy, unseen))


def test_nothing_agrees_where_nothing_came():
    """NaN, not an error."""
    assert all(map(math.isnan, agreement([])))
    assert math.isnan(sampled_entropy(np.array([])))
    assert math.isnan(predictive_entropy(np.array([0.0]), np.array([0])))


@pytest.mark.parametrize(
    ("text", "same"),
    [(" Ja ", "ja"), ("\ufb01n", "fin"), ("STRASSE", "stra\u00dfe"), ("a b", "a b")],
)
def test_texts_are_compared_without_case_width_and_margins(text, same):
    """White space within them counts."""
    assert normalised(text) == normalised(same)


def test_entropies_of_two_choices():
    """LL of -2 over 2 tokens and -6 over 3: (1 + 2)/2 nats a token, (2 + 6)/2 nats an answer."""
    joint, lengths = np.array([-2.0, -6.0]), np.array([2, 3])
    assert predictive_entropy(joint, lengths) == 1.5
    assert sampled_entropy(joint) == 4


def test_weights_are_relative_to_what_was_sampled():
    """Also where the probabilities themselves are too small for a float."""
    weights = relative_weights({"a": -1000.0, "b": -1000.0 - math.log(3)})
    assert weights == pytest.approx({"a": 0.75, "b": 0.25})
    assert relative_weights({}) == {}


def test_total_variation_counts_what_both_name():
    """(|0.6 - 0.5| + |0.3 - 0.1|) / 2."""
    one, other = {b"a": 0.6, b"b": 0.3, b"c": 0.1}, {b"a": 0.5, b"b": 0.1, b"d": 0.4}
    assert total_variation_low(one, other) == pytest.approx(0.15)
    assert total_variation_low(one, {}) == 0


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1), st.randoms())
def test_the_order_of_the_choices_does_not_matter(texts, random):
    """Any permutation agrees as far."""
    shuffled = random.sample(texts, len(texts))
    assert agreement(shuffled) == pytest.approx(agreement(texts))


@given(
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6),
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6),
    st.sets(st.integers(0, 5)),
    st.sets(st.integers(0, 5)),
)
def test_the_bound_never_exceeds_the_true_total_variation(p, q, shown, seen):
    """Whatever part of two full distributions is known."""
    if not sum(p) or not sum(q):
        return
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    true = np.abs(p - q).sum() / 2
    one = {bytes([k]): p[k] for k in shown}
    other = {bytes([k]): q[k] for k in seen}
    assert total_variation_low(one, other) <= true + 1e-12
