"""The checks of some answers, as every picture needs them."""

from __future__ import annotations

import math

import pytest

from chat_magic.view.checks_view import VariantRate, marks_words
from tests.view.checks import rate


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (["passed"], "✓"),
        (["failed", "failed"], "✗"),
        (["error"], "!"),
        (["failed", "passed", "passed"], "✓2 ✗1"),
        (["error", None, "passed"], "✓1 !1"),
    ],
)
def test_answers_are_marked_by_signs_and_never_by_colour_alone(marks, words):
    """Those that disagree are counted."""
    assert marks_words(marks) == words


def test_a_rate_is_told_with_what_else_must_be_known():
    """Rows whose answers disagree, and requests that failed."""
    shown = rate(mixed=1, failed=2)
    assert shown.words == "passed 17 of 20 (64\N{EN DASH}95 %)"
    assert shown.facts == ["1 mixed row", "2 failed requests"]
    assert shown.bounds == (0.64, 0.85, 0.95)
    assert rate().facts == []


def test_a_rate_without_an_interval_has_bounds_of_its_share():
    """One without answers has none."""
    alone = rate(low=math.nan, high=math.nan)
    assert alone.bounds == (0.85, 0.85, 0.85)
    empty = VariantRate(
        title="A", n_passed=0, answers=0, share=math.nan, low=math.nan, high=math.nan
    )
    assert empty.bounds is None
