"""Tokens under other sampling settings: cases worked out by hand, and bounds that hold."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.what_if import PossibleTokens, Sampling, what_if
from chat_magic.errors import InvalidRequest

WIRE = json.loads((Path(__file__).parents[1] / "wire" / "what_if.json").read_text("utf-8"))
ROUNDING = 1e-7
SETTINGS = [
    Sampling(*values)
    for values in itertools.product((0, 0.3, 0.7, 1, 1.5), (0.5, 0.95, 1), (None, 3, 12), (0, 0.1))
]


def possible(listed, chosen, unlisted=None, *, vocabulary):
    """Return one position: the listed probabilities, and the token that was sampled."""
    probs = [*listed, unlisted] if unlisted is not None else listed
    in_top = [[True] * len(listed) + [False] * (len(probs) - len(listed))]
    return PossibleTokens(
        np.log([probs]), np.array(in_top), np.array([chosen]), vocabulary=vocabulary
    )


def shown(cut):
    """Return whether a token is cut, None where it is not known."""
    return None if math.isnan(cut) else bool(cut)


@pytest.mark.parametrize("case", WIRE["cases"], ids=lambda case: case["about"])
def test_three_tokens_are_worth_what_was_worked_out_by_hand(case):
    """Vitest reads the same cases."""
    for token, expected in zip(WIRE["tokens"], case["expected"], strict=True):
        given = possible(
            token["alternatives"],
            token["chosen"],
            token.get("unlisted"),
            vocabulary=WIRE["vocabulary"],
        )
        low, high, cut = (array[0] for array in what_if(given, Sampling(**case["settings"])))
        assert (low, high) == pytest.approx((expected["low"], expected["high"]), abs=1e-9)
        assert shown(cut) == expected["cut"]


def sampled(probs, sampling):
    """Return the whole distribution that a sampler draws from, given that of the model."""
    kept = np.ones(len(probs), dtype=bool)
    kept[sampling.top_k or len(probs) :] = False
    left = np.where(kept, probs, 0) / probs[kept].sum()
    before = np.cumsum(left) - left
    kept &= (np.arange(len(probs)) == 0) | (before < sampling.top_p - 1e-12)
    kept &= probs >= sampling.min_p * probs[0] * (1 - 1e-12)
    if sampling.temperature == 0:
        return np.eye(len(probs))[0]
    weights = np.where(kept, (probs / probs[0]) ** (1 / sampling.temperature), 0)
    return weights / weights.sum()


@st.composite
def distributions(draw):
    """Return falling probabilities of a vocabulary, how many are listed, and the sampled one."""
    steps = draw(st.lists(st.floats(0.0, 2.0), min_size=3, max_size=40))
    probs = np.exp(-np.cumsum(steps))
    listed = draw(st.integers(1, len(probs) - 1))
    return probs / probs.sum(), listed, draw(st.integers(0, len(probs) - 1))


@given(distributions(), st.sampled_from([0, 100_000]))
def test_bounds_hold_for_whatever_was_not_listed(drawn, more):
    """Of any distribution and settings; a larger vocabulary than the model's own is safe."""
    probs, n_listed, chosen = drawn
    is_listed = chosen < n_listed
    tokens = possible(
        probs[:n_listed].tolist(),
        min(chosen, n_listed),
        None if is_listed else probs[chosen],
        vocabulary=len(probs) + more,
    )
    for sampling in SETTINGS:
        low, high, cut = (array[0] for array in what_if(tokens, sampling))
        truth = sampled(probs, sampling)[chosen]
        assert low <= high, sampling
        assert low - ROUNDING <= truth <= high + ROUNDING, sampling
        assert shown(cut) in {None, truth == 0} or math.isclose(truth, 0, abs_tol=ROUNDING)


@given(distributions())
def test_temperature_one_without_cuts_changes_nothing(drawn):
    """To the last bit."""
    probs, n_listed, chosen = drawn
    own = min(chosen, n_listed - 1)
    tokens = possible(probs[:n_listed].tolist(), own, vocabulary=len(probs))
    low, high, cut = (array[0] for array in what_if(tokens, Sampling()))
    assert low == high == np.exp(tokens.logprob[0, own])
    assert cut == 0


def test_a_token_without_probability_or_alternatives_is_unknown():
    """Nothing is made up."""
    nan = math.nan
    tokens = PossibleTokens(
        np.array([[math.log(0.5), nan], [-1.0, nan], [nan, nan]]),
        np.array([[True, False], [False, False], [False, False]]),
        np.array([1, 0, 0]),
    )
    for sampling in (Sampling(temperature=0.5), Sampling(temperature=0), Sampling(top_k=1)):
        assert all(np.isnan(array).all() for array in what_if(tokens, sampling))


def test_a_power_that_underflows_is_harmless():
    """At temperature 0.001 the most probable token is certain, also if it is not probable."""
    tokens = possible([1e-3, 5e-4], 0, vocabulary=10_000)
    low, high, _ = (array[0] for array in what_if(tokens, Sampling(temperature=0.001)))
    assert (low, high) == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("temperature", -0.1, "at least 0"),
        ("temperature", math.nan, "at least 0"),
        ("temperature", "1", "at least 0"),
        ("top_p", 1.1, "0 to 1"),
        ("min_p", -1, "0 to 1"),
        ("min_p", True, "0 to 1"),
        ("top_k", -1, "an integer of at least 0"),
        ("top_k", 2.5, "an integer of at least 0"),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, value, allowed):
    """With its name and what is allowed."""
    with pytest.raises(InvalidRequest, match=f"what_if: {setting} .*must be {allowed}"):
        Sampling(**{setting: value})
