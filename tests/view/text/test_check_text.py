"""Checks as plain text."""

from __future__ import annotations

import math

from chat_magic.view.text.check_text import bar_text, checks_text
from tests.view.checks import CHECKS, rate


def test_checks_are_readable_in_a_terminal():
    """A line for each variant, the comparison, what went wrong, and the confusion table."""
    lines = checks_text(CHECKS).split("\n")
    assert lines[0].split() == [
        "prompt", "A", "passed", "17", "of", "20", "(64\N{EN DASH}95", "%)",
        "█" * 13 + "▓" * 4 + "░" * 2 + "·",
    ]  # fmt: skip
    assert lines[1].endswith("░░░·················  1 failed request")
    assert lines[2] == ("prompt A passes 85 points more than B (+60 to +95): settled by 20 rows.")
    assert lines[3].startswith("note: check x: ValueError: ")
    assert lines[5].split()[:3] == ["prompt", "A:", "true,"]
    assert lines[6].split() == ["yes", "3", "0", "1"]
    assert "\x1b" not in checks_text(CHECKS)


def test_a_bar_without_an_interval_has_one_shade():
    """One without answers is empty."""
    assert bar_text(rate(low=math.nan, high=math.nan)) == "█" * 17 + "···"
    assert bar_text(rate(share=math.nan)) == ""
