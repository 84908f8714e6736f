"""Checks in words."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.check_outcomes import CheckOutcomes, Verdict
from chat_magic.analysis.paired_difference import PairedFigures
from chat_magic.view.check_words import MINUS, exception_notices, passed_words, versus_words


def figures(difference, low, high, rows=20, needed=None):
    return PairedFigures(difference, low, high, 0.5, rows, 3, needed)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((17, 20, 0.640, 0.948), "passed 17 of 20 (64-95 %)"),
        ((850, 1000, 0.8265, 0.8708), "passed 850 of 1,000 (83-87 %)"),
        ((0, 0, math.nan, math.nan), "passed 0 of 0"),
        ((2, 3, math.nan, math.nan), "passed 2 of 3"),
    ],
)
def test_a_pass_rate_has_its_interval(given, words):
    """Without one where it is unknown."""
    assert passed_words(*given) == words.replace("-", "\N{EN DASH}")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            figures(0.12, -0.03, 0.27, 20, 68),
            (
                "B passes 12 points more than A (-3 to +27): not settled by 20 rows. If the true "
                "difference is 12 points, 68 new rows would show it 4 times in 5."
            ),
        ),
        (
            figures(-0.12, -0.27, 0.031, 20, 1_234),
            (
                "B passes 12 points fewer than A (-27 to +3): not settled by 20 rows. If the true "
                "difference is 12 points, 1,200 new rows would show it 4 times in 5."
            ),
        ),
        (
            figures(0.3, 0.0801, 0.49, 40, 22),
            "B passes 30 points more than A (+8 to +49): settled by 40 rows.",
        ),
        (
            figures(-0.3, -0.49, -0.08, 40),
            "B passes 30 points fewer than A (-49 to -8): settled by 40 rows.",
        ),
        (
            figures(0.0, -0.1, 0.1),
            "B passes 0 points more than A (-10 to +10): not settled by 20 rows.",
        ),
        (
            figures(0.01, -0.001, 0.2, 1, 1),
            (
                "B passes 1 point more than A (0 to +20): not settled by 1 row. If the true "
                "difference is 1 point, 1 new row would show it 4 times in 5."
            ),
        ),
        (
            figures(1.0, math.nan, math.nan, 1),
            "B passes 100 points more than A: not settled by 1 row.",
        ),
        (figures(math.nan, math.nan, math.nan, 0), "B and A have no row in common."),
    ],
)
def test_a_sentence_says_whether_a_difference_is_settled(given, words):
    """And if not, how many rows would settle it, to two digits."""
    assert versus_words("B", "A", given) == words.replace("-", MINUS)


@pytest.mark.parametrize("difference", [0.004, -0.004, 0.0001])
def test_no_number_of_rows_is_said_to_show_a_difference_of_0_points(difference):
    """It is there in `.rows_needed`."""
    words = versus_words("B", "A", figures(difference, -0.02, 0.03, 1000, 12_345))
    assert words.endswith("not settled by 1,000 rows.")


def test_rows_that_only_one_answered_are_told():
    """They are not compared."""
    words = versus_words("B", "A", figures(0.3, 0.1, 0.5), unpaired=2)
    assert words.endswith(
        "settled by 20 rows. 2 rows are left out, which only one of them answered."
    )
    assert versus_words("B", "A", figures(0.3, 0.1, 0.5), unpaired=1).endswith(
        "1 row is left out, which only one of them answered."
    )


def test_an_exception_is_told_once_for_each_check():
    """With the row of the first, and how many others there are."""
    fault, fine = Verdict(None, "KeyError: 'x'"), Verdict(True)
    outcomes = CheckOutcomes(
        ("a", "b", "c"), (0, 1, 1), (0, 0, 1),
        ((fine, fault, fault), (fine, fine, fine), (fine, fine, fault)),
    )  # fmt: skip
    assert exception_notices(outcomes, {0: "row 0", 1: "row 7"}) == [
        "check a: KeyError: 'x' (row 7, and on 1 other answer)",
        "check c: KeyError: 'x' (row 7)",
    ]
