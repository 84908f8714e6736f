"""Checks in words: how many answers pass, whether a difference is settled, what went wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.analysis.check_outcomes import CheckOutcomes, ChoiceMark
    from chat_magic.analysis.paired_difference import PairedFigures

MINUS = "\u2212"
MARKS: Mapping[ChoiceMark, str] = {"passed": "\u2713", "failed": "\u2717", "error": "!"}
"""How an answer is marked, readable without colour."""


def passed_words(n_passed: int, answers: int, low: float, high: float) -> str:
    """Say how many answers pass: `passed 17 of 20 (64-95 %)`; without bounds where unknown."""
    bounds = f" ({100 * low:.0f}\u2013{100 * high:.0f} %)" if math.isfinite(low) else ""
    return f"passed {n_passed:,} of {answers:,}{bounds}"


def versus_words(a: str, b: str, figures: PairedFigures, unpaired: int = 0) -> str:
    """Say how a variant compares with another, and whether that is settled.

    Args:
        a: The title of the first.
        b: The title of the second.
        figures: The first minus the second.
        unpaired: The rows that only one of them answered.

    Returns:
        `B passes 12 points more than A (-3 to +27): not settled by 20 rows. If the true
        difference is 12 points, 70 new rows would show it 4 times in 5.`, with a true minus sign.
    """
    left_out = ""
    if unpaired:
        rows = "rows are" if unpaired > 1 else "row is"
        left_out = f" {unpaired:,} {rows} left out, which only one of them answered."
    if not figures.rows:
        return f"{a} and {b} have no row in common.{left_out}"
    points = round(100 * figures.difference)
    side = "fewer" if figures.difference < 0 else "more"
    bounds = ""
    if math.isfinite(figures.low):
        bounds = f" ({_signed(figures.low)} to {_signed(figures.high)})"
    rows = f"{figures.rows:,} row{'s'[: figures.rows != 1]}"
    is_settled = settled(figures)
    verdict = f"settled by {rows}." if is_settled else f"not settled by {rows}."
    wanted = "" if is_settled else _rows_words(abs(points), figures.rows_needed)
    return f"{a} passes {_points(abs(points))} {side} than {b}{bounds}: {verdict}{wanted}{left_out}"


def settled(figures: PairedFigures) -> bool:
    """Whether the interval excludes 0."""
    return figures.low > 0 or figures.high < 0


def _rows_words(points: int, rows_needed: int | None) -> str:
    if rows_needed is None or not points:  # no rows show a difference of 0
        return ""
    rounded = _two_digits(rows_needed)
    rows = f"{rounded:,} new row{'s'[: rounded != 1]}"
    return f" If the true difference is {_points(points)}, {rows} would show it 4 times in 5."


def _points(points: int) -> str:
    return f"{points} point{'s'[: points != 1]}"


def _signed(share: float) -> str:
    points = round(100 * share)
    return f"{MINUS if points < 0 else '+' if points > 0 else ''}{abs(points)}"


def _two_digits(count: int) -> int:
    """Round a count to its two leading digits."""
    return int(float(f"{count:.1e}"))


def exception_notices(outcomes: CheckOutcomes, titles: Mapping[int, str]) -> list[str]:
    """Say once for each check that raised an exception which one, and where.

    Args:
        outcomes: The verdicts.
        titles: What the row, or the run, of each run is called.
    """
    notices = []
    for name, verdicts in zip(outcomes.names, outcomes.verdicts, strict=True):
        faults = [n for n, verdict in enumerate(verdicts) if verdict.error is not None]
        if faults:
            first = faults[0]
            others = len(faults) - 1
            more = f", and on {others:,} other answer{'s'[: others != 1]}" if others else ""
            where = titles[outcomes.run[first]]
            notices.append(f"check {name}: {verdicts[first].error} ({where}{more})")
    return notices
