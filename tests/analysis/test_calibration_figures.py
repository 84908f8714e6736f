"""Stated probabilities beside what came true: by hand, and beside definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.calibration_figures import (
    brier_parts,
    calibration_figures,
    reliability_bins,
    risk_by_coverage,
)

STATED = np.array([0.9, 0.9, 0.9, 0.9, 0.6, 0.6])
RIGHT = np.array([True, True, True, False, True, False])


def test_the_brier_score_falls_into_its_three_parts():
    """Bins of 0.9 with ¾ right and of 0.6 with ½ right, 4 of 6 in all."""
    brier, reliability, resolution, uncertainty = brier_parts(STATED, RIGHT)
    assert brier == pytest.approx((3 * 0.01 + 0.81 + 0.16 + 0.36) / 6)
    assert reliability == pytest.approx((4 * 0.15**2 + 2 * 0.1**2) / 6)
    assert resolution == pytest.approx((4 * (3 / 4 - 2 / 3) ** 2 + 2 * (1 / 2 - 2 / 3) ** 2) / 6)
    assert uncertainty == pytest.approx(2 / 9)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_the_parts_add_up_whatever_the_bins_hold(answers):
    """Also where probabilities differ within a bin."""
    brier, reliability, resolution, uncertainty = brier_parts(
        np.array([stated for stated, _ in answers]), np.array([right for _, right in answers])
    )
    assert brier == pytest.approx(reliability - resolution + uncertainty, abs=1e-12)
    assert reliability >= 0
    assert 0 <= uncertainty <= 0.25


def test_bins_without_answers_are_left_out():
    """Two tenths have some; the last one includes 1."""
    bins = reliability_bins(np.array([0.25, 1.0, 0.95]), np.array([False, True, False]))
    assert bins[["low", "high", "count", "stated", "right"]].to_numpy().tolist() == [
        pytest.approx([0.2, 0.3, 1, 0.25, 0.0]),
        pytest.approx([0.9, 1.0, 2, 0.975, 0.5]),
    ]
    assert bins["wilson_high"][0] == pytest.approx(0.7935, abs=1e-4)


def test_risk_is_that_of_the_surest_answers():
    """Answers that are equally sure are taken together."""
    table = risk_by_coverage(np.array([0.6, 0.9, 0.9, 0.8]), np.array([False, True, False, True]))
    assert table.to_numpy().tolist() == [
        pytest.approx([0.5, 1 / 2]),
        pytest.approx([0.75, 1 / 3]),
        pytest.approx([1.0, 1 / 2]),
    ]


def test_no_answers_have_no_figures():
    """The tables are empty, and the scores NaN."""
    bins, coverage, parts = calibration_figures([])
    assert bins.empty
    assert coverage.empty
    assert all(map(math.isnan, parts))
