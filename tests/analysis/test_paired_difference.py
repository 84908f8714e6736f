"""Differences between paired variants: published examples, by hand, and beside statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from chat_magic.analysis.paired_difference import (
    Cells,
    compare_paired,
    holm,
    mcnemar,
    newcombe,
    rows_needed,
    sign_flip,
)
from chat_magic.analysis.pass_share import row_means

TABLE_III = [
    ((36, 12, 2, 0), (0.0569, 0.3404)), ((20, 12, 2, 16), (0.0562, 0.3292)),
    ((18, 12, 2, 18), (0.0562, 0.3290)), ((36, 14, 0, 0), (0.1528, 0.4167)),
    ((35, 14, 0, 1), (0.1461, 0.4175)), ((18, 14, 0, 18), (0.1441, 0.3963)),
    ((2, 97, 1, 0), (0.8721, 0.9854)), ((1, 97, 1, 1), (0.8736, 0.9850)),
    ((0, 29, 1, 0), (0.6666, 0.9882)), ((2, 98, 0, 0), (0.9178, 0.9945)),
    ((1, 98, 0, 1), (0.9171, 0.9916)), ((0, 30, 0, 0), (0.8395, 1.0)),
    ((54, 0, 0, 0), (-0.0664, 0.0664)), ((53, 0, 0, 1), (-0.0729, 0.0729)),
    ((30, 0, 0, 24), (-0.0358, 0.0358)), ((29, 0, 0, 25), (-0.0354, 0.0354)),
    ((28, 0, 0, 26), (-0.0352, 0.0352)), ((27, 0, 0, 27), (-0.0351, 0.0351)),
]  # fmt: skip
"""Newcombe 1998, Statistics in Medicine 17:2635-2650, Table III, method 10."""


def rows_of(cells):
    """Return two variants with one answer a row, with these cells."""
    both, first, second, neither = cells
    a = [1] * both + [1] * first + [0] * second + [0] * neither
    b = [1] * both + [0] * first + [1] * second + [0] * neither
    return row_means(range(len(a)), a), row_means(range(len(b)), b)


@pytest.mark.parametrize(("cells", "limits"), TABLE_III)
def test_the_interval_is_that_of_the_published_examples(cells, limits):
    """To the four decimals that the paper prints."""
    assert newcombe(Cells(*cells)) == pytest.approx(limits, abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "p_value"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (0, 6, 2 / 64), (1, 10, 24 / 2048), (7, 7, 1.0)],
)
def test_the_exact_test_counts_discordant_rows_only(first, second, p_value):
    """Twice the lower tail of a fair coin, at most 1."""
    assert mcnemar(first, second) == pytest.approx(p_value)


@pytest.mark.parametrize(("first", "second"), [(3, 9), (12, 2), (40, 61), (0, 1)])
def test_the_exact_test_agrees_with_statsmodels(first, second):
    """Its exact McNemar test."""
    expected = statsmodels_mcnemar([[0, first], [second, 0]], exact=True).pvalue
    assert mcnemar(first, second) == pytest.approx(expected)


def test_a_permutation_of_signs_tries_all_of_them_where_few_rows_differ():
    """Of 2**3 patterns of 1, ½ and ½, those with a sum of 2 or -2."""
    assert sign_flip(np.array([1.0, 0.5, 0.5, 0.0])) == 2 / 8


def test_a_permutation_of_equal_differences_is_the_exact_test():
    """5 rows up, 1 down, as by McNemar."""
    assert sign_flip(np.array([1.0] * 5 + [-1.0])) == pytest.approx(mcnemar(5, 1))


def test_a_permutation_of_many_rows_is_drawn_by_a_fixed_seed():
    """Near the exact one, never 0, and the same every time."""
    difference = np.array([0.5] * 20 + [-0.5] * 10)
    drawn = sign_flip(difference)
    assert drawn == sign_flip(difference)
    assert drawn == pytest.approx(mcnemar(20, 10), abs=0.01)
    assert 0 < sign_flip(np.ones(40)) < 1e-3


def test_the_permutation_agrees_with_scipy():
    """Its permutation test of paired samples, all patterns."""
    difference = np.array([0.2, -0.4, 0.6, 0.6, 0.8, -0.2, 0.4])
    expected = stats.permutation_test(
        (difference,), np.mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert sign_flip(difference) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("first", "second", "n", "needed"),
    [
        # psi = 0.25, delta = 0.15: (1.96 sqrt(.25) + .8416 sqrt(.2275))² / .0225 = 84.7
        (20, 5, 100, 85),
        # psi = 0.2, delta = 0.2: (1.96 sqrt(.2) + .8416 sqrt(.16))² / .04 = 36.7
        (20, 0, 100, 37),
        # psi = 0.3, delta = 0.1: (1.96 sqrt(.3) + .8416 sqrt(.29))² / .01 = 233.1
        (20, 10, 100, 234),
    ],
)
def test_rows_needed_are_those_of_connor(first, second, n, needed):
    """By hand, from his equation."""
    difference = np.array([1.0] * first + [-1.0] * second + [0.0] * (n - first - second))
    assert rows_needed(difference) == needed


@pytest.mark.parametrize("difference", [[], [0.0], [1.0, -1.0]])
def test_no_number_of_rows_shows_a_difference_that_there_is_not(difference):
    """So that there is none to be needed."""
    assert rows_needed(np.array(difference)) is None


def test_variants_are_compared_on_the_rows_that_both_have():
    """Rows 1 and 2; on row 2 the first passes alone."""
    figures = compare_paired(
        row_means([0, 1, 2], [True, True, True]), row_means([1, 2, 3], [True, False, False])
    )
    assert (figures.rows, figures.discordant, figures.difference) == (2, 1, 0.5)


def test_several_answers_a_row_have_the_interval_of_student_over_rows():
    """Differences 1, ½, 0, ½: ½ ± 3.182 x 0.408 / 2, and signs of three rows permuted."""
    a = row_means([0, 0, 1, 1, 2, 2, 3, 3], [1, 1, 1, 1, 0, 1, 1, 0])
    b = row_means([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 0, 1, 0, 0, 0])
    figures = compare_paired(a, b)
    half = 3.18245 * math.sqrt(1 / 6) / 2
    assert (figures.low, figures.high) == pytest.approx((0.5 - half, 1.0), abs=1e-5)
    assert (figures.difference, figures.p_value, figures.discordant) == (0.5, 2 / 8, 3)


def test_equal_differences_of_several_answers_have_no_interval_of_width_zero():
    """Three rows that all differ by 1 do not settle it for ever."""
    passed, failed = row_means([0, 0, 1, 1, 2, 2], [1] * 6), row_means([0, 0, 1, 1, 2, 2], [0] * 6)
    figures = compare_paired(passed, failed)
    assert (figures.low, figures.high) == pytest.approx(newcombe(Cells(0, 3, 0, 0)))
    assert figures.low < 1


def test_a_single_row_of_several_answers_has_no_interval():
    """It says nothing about other rows."""
    figures = compare_paired(row_means([0, 0], [1, 1]), row_means([0, 0], [0, 0]))
    assert (figures.difference, figures.rows) == (1.0, 1)
    assert math.isnan(figures.low)
    assert math.isnan(figures.high)


def test_variants_without_a_common_row_have_no_figures():
    """No rows, no difference."""
    figures = compare_paired(row_means([0], [True]), row_means([1], [True]))
    assert (figures.rows, figures.rows_needed, figures.p_value) == (0, None, 1.0)
    assert math.isnan(figures.difference)


counts = st.integers(0, 30)
cells = st.tuples(counts, counts, counts, counts).filter(any)


@given(cells)
def test_swapping_the_variants_mirrors_the_figures(given_cells):
    """The difference and its interval change their signs, nothing else does."""
    a, b = rows_of(given_cells)
    one, other = compare_paired(a, b), compare_paired(b, a)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.difference == pytest.approx(-one.difference)
    assert (other.p_value, other.rows_needed) == (one.p_value, one.rows_needed)


@given(cells)
def test_the_interval_is_of_differences_and_contains_the_estimate(given_cells):
    """Within -1 to 1."""
    low, high = newcombe(Cells(*given_cells))
    difference = (given_cells[1] - given_cells[2]) / sum(given_cells)
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1


@given(cells, st.integers(2, 4))
def test_more_rows_never_widen_the_interval(given_cells, factor):
    """At the same shares."""
    low, high = newcombe(Cells(*given_cells))
    more_low, more_high = newcombe(Cells(*(factor * count for count in given_cells)))
    assert more_high - more_low <= high - low + 1e-9


def test_adjusted_p_values_are_those_of_holm():
    """By hand: 3 x 0.01, 2 x 0.03, and no less than that; one that is unknown does not count."""
    given_p = np.array([0.04, 0.01, math.nan, 0.03])
    assert holm(given_p) == pytest.approx([0.06, 0.03, math.nan, 0.06], nan_ok=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_agree_with_statsmodels(p_values):
    """Its method `holm`."""
    expected = multipletests(p_values, method="holm")[1]
    assert holm(np.array(p_values)) == pytest.approx(expected)
