"""The share of answers that pass a check, with its 95 % interval, over rows of one or several."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chat_magic.analysis.arrays import integers
from chat_magic.analysis.metrics import wilson
from chat_magic.analysis.student_t import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.arrays import Floats, Integers

ERROR_RATE = 0.05
"""How often an interval misses the true value."""


class Interval(NamedTuple):
    """The ends of a 95 % interval; NaN where the rows say nothing about it."""

    low: float
    high: float


@dataclass(frozen=True)
class RowMeans:
    """The answers of a variant, summed up for each row that has any."""

    row: Integers
    """The number of each row, ascending; shape (rows,)."""
    mean: Floats
    """The share of its answers that pass, 0 to 1."""
    count: Integers
    """Its number of answers, at least 1."""

    @property
    def has_several(self) -> bool:
        """Whether a row has more than one answer."""
        return bool((self.count > 1).any())

    @property
    def n_passed(self) -> int:
        """Answers that pass, of all rows together."""
        return round(float((self.mean * self.count).sum()))

    @property
    def n_mixed(self) -> int:
        """Rows whose answers disagree."""
        return int(((self.mean > 0) & (self.mean < 1)).sum())

    @property
    def share(self) -> float:
        """The mean over rows, each counting the same; NaN without rows."""
        return float(self.mean.mean()) if self.mean.size else math.nan

    def renumbered(self, rows: Sequence[int]) -> RowMeans:
        """Return the same rows by other numbers, none of them twice."""
        order = np.argsort(integers(rows))
        return RowMeans(integers(rows)[order], self.mean[order], self.count[order])


def row_means(row: Sequence[int], passed: Sequence[bool]) -> RowMeans:
    """Sum up answers by row.

    Args:
        row: The number of the row of each answer.
        passed: Whether the answer passes.
    """
    rows, place = np.unique(integers(row), return_inverse=True)
    count = np.bincount(place, minlength=len(rows))
    total = np.bincount(place, weights=np.array(passed, dtype=np.float64), minlength=len(rows))
    return RowMeans(rows, total / np.maximum(count, 1), count)


def share_interval(means: RowMeans) -> Interval:
    """Return the 95 % interval of the share that passes.

    With one answer a row it is Wilson's (1927). With several, the answers of a row are not
    independent, so that the rows are the sample: mean ± t s / sqrt(rows), with s the standard
    deviation of their means and t of Student's distribution with rows - 1 degrees of freedom, cut
    to 0 to 1 (Miller 2024, arXiv 2411.00640, §2.2, with t for few rows). Where all means are equal
    s says nothing, and it is Wilson's over rows.

    Returns:
        NaN without rows, or for a single row of several answers.
    """
    n = len(means.mean)
    if n == 0 or (n == 1 and means.has_several):
        return Interval(math.nan, math.nan)
    if not means.has_several or np.ptp(means.mean) == 0:
        low, high = wilson(np.array([means.mean.sum()]), np.array([n]))
        return Interval(float(low[0]), float(high[0]))
    middle, half = means.share, t_half_width(means.mean)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def t_half_width(values: Floats) -> float:
    """Return half the 95 % interval of the mean of at least two values: t s / sqrt(n)."""
    n = len(values)
    return t_quantile(ERROR_RATE, n - 1) * float(np.std(values, ddof=1)) / math.sqrt(n)
