"""The share that passes, with its interval: by hand, and beside statsmodels and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from chat_magic.analysis.pass_share import row_means, share_interval, t_half_width


def single(n_passed, n):
    """Return rows of one answer each."""
    return row_means(range(n), [row < n_passed for row in range(n)])


@pytest.mark.parametrize(
    ("n_passed", "n", "low", "high"),
    [
        (17, 20, 0.640, 0.948),
        (850, 1000, 0.827, 0.871),
        (0, 10, 0.0, 0.278),
        (10, 10, 0.722, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, Statistics in Medicine 17:857-872, Table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_one_answer_a_row_has_the_interval_of_wilson(n_passed, n, low, high):
    """17 of 20 and 850 of 1,000 are not the same 85 %."""
    assert share_interval(single(n_passed, n)) == pytest.approx((low, high), abs=6e-4)


def test_a_single_row_with_one_answer_has_an_interval():
    """Wilson's of 1 of 1."""
    assert share_interval(single(1, 1)) == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_several_answers_a_row_are_not_independent():
    """Rows with means 1, ½, 0, ½: mean ½ ± 3.182 x 0.4082 / 2."""
    means = row_means([0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 0, 0, 0, 0, 1])
    half = 3.18245 * math.sqrt(1 / 6) / 2
    assert share_interval(means) == pytest.approx(
        (max(0, 0.5 - half), min(1, 0.5 + half)), abs=1e-5
    )
    assert (means.share, means.n_passed, means.n_mixed) == (0.5, 4, 2)


def test_the_interval_over_rows_agrees_with_scipy():
    """Student's t over the rows' means."""
    values = np.array([0.2, 0.4, 0.4, 0.8, 0.6])
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert t_half_width(values) == pytest.approx((high - low) / 2, rel=1e-5)


def test_equal_means_have_the_interval_of_wilson_over_rows():
    """All answers of 10 rows pass: the rows count, not the 30 answers."""
    means = row_means([row for row in range(10) for _ in range(3)], [True] * 30)
    assert share_interval(means) == pytest.approx(share_interval(single(10, 10)))


@pytest.mark.parametrize("means", [row_means([], []), row_means([0, 0, 0], [True, False, True])])
def test_no_rows_and_a_single_row_of_several_answers_have_no_interval(means):
    """Nothing is known about other rows."""
    assert all(map(math.isnan, share_interval(means)))


def test_a_row_without_an_answer_is_not_a_row():
    """Rows 0 and 3 alone have answers."""
    means = row_means([3, 0, 3], [True, False, False])
    assert (means.row.tolist(), means.mean.tolist(), means.count.tolist()) == (
        [0, 3], [0.0, 0.5], [1, 2],
    )  # fmt: skip


answers = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=60)


@given(answers)
def test_the_interval_is_of_shares_and_contains_the_estimate(given_answers):
    """Within 0 to 1, wherever there is an interval."""
    means = row_means([row for row, _ in given_answers], [passed for _, passed in given_answers])
    low, high = share_interval(means)
    if not math.isnan(low):
        assert 0 <= low <= means.share + 1e-12
        assert means.share - 1e-12 <= high <= 1


@given(answers)
def test_passed_and_failed_mirror_each_other(given_answers):
    """The interval of what fails is that of what passes, from 1 downwards."""
    rows = [row for row, _ in given_answers]
    low, high = share_interval(row_means(rows, [passed for _, passed in given_answers]))
    other = share_interval(row_means(rows, [not passed for _, passed in given_answers]))
    assert other == pytest.approx((1 - high, 1 - low), nan_ok=True)


@given(st.integers(1, 200), st.floats(0, 1), st.integers(2, 5))
def test_more_rows_never_widen_the_interval_on_average(n, share, factor):
    """At the same share, the interval of several times as many rows is no wider."""
    n_passed = round(share * n)
    low, high = share_interval(single(n_passed, n))
    more_low, more_high = share_interval(single(n_passed * factor, n * factor))
    assert more_high - more_low <= high - low + 1e-12


@given(st.integers(1, 300), st.data())
def test_the_interval_agrees_with_statsmodels(n, data):
    """Wilson's, without continuity correction."""
    n_passed = data.draw(st.integers(0, n))
    expected = proportion_confint(n_passed, n, method="wilson")
    assert share_interval(single(n_passed, n)) == pytest.approx(expected, abs=1e-9)


def test_rows_can_be_numbered_anew():
    """Their order follows the numbers."""
    means = row_means([0, 1, 2], [True, False, True]).renumbered([5, 9, 1])
    assert (means.row.tolist(), means.mean.tolist()) == ([1, 5, 9], [1.0, 1.0, 0.0])
