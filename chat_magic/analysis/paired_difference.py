"""The difference between two variants that saw the same rows: interval, test, and rows needed."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chat_magic.analysis.metrics import wilson
from chat_magic.analysis.pass_share import ERROR_RATE, Interval, t_half_width

if TYPE_CHECKING:
    from chat_magic.analysis.arrays import Floats
    from chat_magic.analysis.pass_share import RowMeans

POWER = 0.8
"""How often the rows needed would show the difference."""
MOST_ENUMERATED = 16
"""Differing rows up to which all signs are tried; there are 2 to the power of their number."""
_DRAWS, _BLOCK = 20_000, 1_000
_SEED = 20_261_128
_ROUNDING = 1e-9


class Cells(NamedTuple):
    """How many rows both pass, only the first, only the second, and neither."""

    both: float
    first: float
    second: float
    neither: float


class PairedFigures(NamedTuple):
    """How a variant compares with another on the same rows, as the first minus the second."""

    difference: float
    """Of their shares; NaN without rows."""
    low: float
    high: float
    """The ends of its 95 % interval; NaN where the rows do not give one."""
    p_value: float
    """The probability of a difference as large, in either direction, if there were none."""
    rows: int
    """Rows that both saw."""
    discordant: int
    """Rows on which they differ."""
    rows_needed: int | None
    """Rows that would show this difference 4 times in 5; None if there is none to show."""


def compare_paired(first: RowMeans, second: RowMeans) -> PairedFigures:
    """Compare two variants by the rows that both have.

    With one answer a row the interval is Newcombe's and the test McNemar's exact one. With several
    it is mean ± t s / sqrt(rows) over the rows' differences, cut to -1 to 1, and a permutation of
    their signs; where all differences are equal, Newcombe's over the rows.
    """
    _, at_first, at_second = np.intersect1d(first.row, second.row, return_indices=True)
    a, b = first.mean[at_first], second.mean[at_second]
    has_several = bool((first.count[at_first] > 1).any() or (second.count[at_second] > 1).any())
    difference = a - b
    low, high = _interval(a, b, has_several)
    return PairedFigures(
        difference=float(difference.mean()) if difference.size else math.nan,
        low=low,
        high=high,
        p_value=sign_flip(difference) if has_several else mcnemar(*_discordant(difference)),
        rows=len(difference),
        discordant=sum(_discordant(difference)),
        rows_needed=rows_needed(difference),
    )


def _interval(a: Floats, b: Floats, has_several: bool) -> Interval:
    difference = a - b
    n = len(difference)
    if n == 0 or (n == 1 and has_several):
        return Interval(math.nan, math.nan)
    if not has_several or np.ptp(difference) < _ROUNDING:
        return newcombe(_cells(a, b))
    middle, half = float(difference.mean()), t_half_width(difference)
    return Interval(max(-1.0, middle - half), min(1.0, middle + half))


def _cells(a: Floats, b: Floats) -> Cells:
    """Count rows; one whose answers disagree counts in parts."""
    only_a, only_b = np.maximum(a - b, 0).sum(), np.maximum(b - a, 0).sum()
    both = np.minimum(a, b).sum()
    neither = len(a) - both - only_a - only_b
    return Cells(float(both), float(only_a), float(only_b), float(neither))


def _discordant(difference: Floats) -> tuple[int, int]:
    """Count the rows on which the first passes more, and those on which the second does."""
    return int((difference > _ROUNDING).sum()), int((difference < -_ROUNDING).sum())


def newcombe(cells: Cells) -> Interval:
    """Return the 95 % interval of the difference between two paired shares, first minus second.

    Method 10 of Newcombe (1998), Statistics in Medicine 17:2635-2650: the Wilson intervals of both
    shares, squared and added with the correlation phi = (ad - bc) / sqrt((a+b)(c+d)(a+c)(b+d)),
    whose numerator, where positive, is lowered by n / 2, at most to 0. Cells a, b, c, d are those
    of `Cells`.

    Args:
        cells: The counts of n rows, n at least 1.
    """
    a, b, c, d = cells
    n = a + b + c + d
    shares = np.array([a + b, a + c])
    low, high = wilson(shares, np.array([n, n]))
    below, above = shares / n - low, high - shares / n
    phi = _phi(cells)
    down = _added(below[0], above[1], phi)
    up = _added(above[0], below[1], phi)
    difference = (b - c) / n
    return Interval(max(-1.0, difference - down), min(1.0, difference + up))


def _added(x: float, y: float, phi: float) -> float:
    return math.sqrt(max(0.0, x * x - 2 * phi * x * y + y * y))


def _phi(cells: Cells) -> float:
    a, b, c, d = cells
    scale = (a + b) * (c + d) * (a + c) * (b + d)
    excess = a * d - b * c
    if scale <= 0:
        return 0.0
    if excess > 0:
        excess = max(excess - (a + b + c + d) / 2, 0.0)
    return excess / math.sqrt(scale)


def mcnemar(first: int, second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Of the discordant rows, each falls to either side with probability ½ if there is no difference:
    2 P(X <= min) of a binomial distribution, at most 1 (McNemar 1947, Psychometrika 12:153-157;
    Fay 2010, Biostatistics 11:373-374).

    Args:
        first: Rows that only the first passes.
        second: Rows that only the second passes.
    """
    n = first + second
    ways = sum(math.comb(n, k) for k in range(min(first, second) + 1))
    return min(1.0, 2 * ways / (1 << n))  # of integers, whose quotient neither over- nor underflows


def sign_flip(difference: Floats) -> float:
    """Return the two-sided p-value of a permutation of the signs of the rows' differences.

    It is the share of sign patterns whose sum is at least as far from 0 as the one seen
    (Fisher 1935, The Design of Experiments, §21). All patterns are tried where at most 16 rows
    differ; else 20,000 are drawn by a fixed seed, the one seen counting as one of them
    (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).

    Args:
        difference: Of the rows, shape (rows,).
    """
    differing = difference[np.abs(difference) > _ROUNDING]
    seen = abs(float(differing.sum())) - _ROUNDING
    if len(differing) > MOST_ENUMERATED:
        sums = _drawn_sums(differing)
        return float((np.sum(np.abs(sums) >= seen) + 1) / (len(sums) + 1))
    sums = np.zeros(1)
    for value in differing:
        sums = np.concatenate([sums + value, sums - value])
    return float(np.mean(np.abs(sums) >= seen))


def _drawn_sums(values: Floats) -> Floats:
    """Return the sums of the values with signs drawn at random, a block of draws at a time."""
    random = np.random.default_rng(_SEED)
    blocks = [
        (2.0 * random.integers(0, 2, (_BLOCK, len(values)), np.int8) - 1.0) @ values
        for _ in range(_DRAWS // _BLOCK)
    ]
    return np.concatenate(blocks)


def rows_needed(difference: Floats) -> int | None:
    """Return how many rows would show the mean difference with 80 % power at the 5 % level.

    n = (1.96 sqrt(m) + 0.84 sqrt(m - d²))² / d², with d the mean difference and m the mean of its
    square, which for one answer a row is the share of discordant rows (Connor 1987, Biometrics
    43:207-211). McNemar's exact test needs a few rows more.

    Returns:
        Rows in all, rounded up; None without a difference.
    """
    d = float(difference.mean()) if difference.size else 0.0
    if abs(d) < _ROUNDING:
        return None
    square = float((difference**2).mean())
    normal = NormalDist().inv_cdf
    spread = normal(1 - ERROR_RATE / 2) * math.sqrt(square)
    spread += normal(POWER) * math.sqrt(max(0.0, square - d * d))
    return math.ceil((spread / d) ** 2 - _ROUNDING)


def holm(p_values: Floats) -> Floats:
    """Return p-values adjusted for their number (Holm 1979, Scandinavian J. Stat. 6:65-70).

    The k-th smallest of m is multiplied by m - k + 1, is no less than the one before it, and at
    most 1. NaN stays, and does not count.
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return adjusted
