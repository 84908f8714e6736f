"""Quantiles of Student's t: of printed tables, and beside scipy."""

from __future__ import annotations

import pytest
from scipy import stats

from chat_magic.analysis.student_t import t_quantile


@pytest.mark.parametrize(
    ("tails", "freedom", "quantile"),
    [
        (0.05, 1, 12.706), (0.05, 2, 4.303), (0.05, 3, 3.182), (0.05, 4, 2.776),
        (0.05, 9, 2.262), (0.05, 19, 2.093), (0.05, 30, 2.042), (0.05, 120, 1.980),
        (0.01, 10, 3.169), (0.10, 5, 2.015),
    ],
)  # fmt: skip
def test_quantiles_are_those_of_printed_tables(tails, freedom, quantile):
    """To their three decimals."""
    assert t_quantile(tails, freedom) == pytest.approx(quantile, abs=6e-4)


@pytest.mark.parametrize("tails", [0.2, 0.05, 0.01, 0.001])
def test_quantiles_agree_with_scipy(tails):
    """To a relative 2e-5, from 1 to 10,000 degrees of freedom."""
    for freedom in (*range(1, 60), 100, 999, 10_000):
        expected = float(stats.t.isf(tails / 2, freedom))
        assert t_quantile(tails, freedom) == pytest.approx(expected, rel=2e-5)
