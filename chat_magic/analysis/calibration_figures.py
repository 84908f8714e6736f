"""How far stated probabilities come true: bins, the Brier score in parts, risk by coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chat_magic.analysis.metrics import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.arrays import Flags, Floats, Integers

BINS = 10
"""Bins of equal width from 0 to 1."""


class Brier(NamedTuple):
    """The Brier score and its parts: brier = reliability - resolution + uncertainty."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float


def calibration_figures(
    answers: Sequence[tuple[float, bool]],
) -> tuple[pd.DataFrame, pd.DataFrame, Brier]:
    """Return the bins, the risk by coverage, and the Brier score in parts.

    Args:
        answers: For each answer what was stated, 0 to 1, and whether it is right.
    """
    stated = np.array([probability for probability, _ in answers], dtype=np.float64)
    right = np.array([is_right for _, is_right in answers], dtype=bool)
    return (
        reliability_bins(stated, right),
        risk_by_coverage(stated, right),
        brier_parts(stated, right),
    )


def brier_parts(stated: Floats, right: Flags) -> Brier:
    """Return the mean of (p - o)² and its parts over bins, o being 1 where the answer is right.

    With n_k answers of bin k, their mean p_k and share right o_k, and the share right o of all n:
    reliability = sum n_k (p_k - o_k)² / n, uncertainty = o (1 - o), and
    resolution = sum n_k (o_k - o)² / n (Murphy 1973, J. Applied Meteorology 12:595-600), less the
    variance of p within bins, plus twice its covariance with o there, so that the sum is exact
    (Stephenson, Coelho & Jolliffe 2008, Weather and Forecasting 23:752-757).

    Args:
        stated: The probability of each answer, 0 to 1, shape (n,).
        right: Whether it is right.

    Returns:
        NaN in all parts without answers.
    """
    n = len(stated)
    if not n:
        return Brier(math.nan, math.nan, math.nan, math.nan)
    outcome = right.astype(np.float64)
    place = _bin_of(stated)
    count = np.maximum(np.bincount(place, minlength=BINS), 1)
    mean_stated = np.bincount(place, stated, BINS) / count
    share_right = np.bincount(place, outcome, BINS) / count
    among = np.bincount(place, minlength=BINS)
    base = outcome.mean()
    within = stated - mean_stated[place]
    resolution = float((among * (share_right - base) ** 2).sum()) / n
    resolution -= float((within**2).mean())
    resolution += 2 * float((within * (outcome - share_right[place])).mean())
    return Brier(
        brier=float(((stated - outcome) ** 2).mean()),
        reliability=float((among * (mean_stated - share_right) ** 2).sum()) / n,
        resolution=resolution,
        uncertainty=float(base * (1 - base)),
    )


def reliability_bins(stated: Floats, right: Flags) -> pd.DataFrame:
    """Return a row for each bin that has answers: what was stated, and the share that is right.

    Args:
        stated: As for `brier_parts`.
        right: As for `brier_parts`.

    Returns:
        The table `CALIBRATION_BINS` of `column_docs`.
    """
    place = _bin_of(stated)
    count = np.bincount(place, minlength=BINS)
    used = np.flatnonzero(count)
    n_right = np.bincount(place, right.astype(np.float64), BINS)[used]
    among = count[used]
    low, high = wilson(n_right, among)
    return pd.DataFrame(
        {
            "low": used / BINS,
            "high": (used + 1) / BINS,
            "count": among.astype(np.int32),
            "stated": np.bincount(place, stated, BINS)[used] / among,
            "right": n_right / among,
            "wilson_low": low,
            "wilson_high": high,
        }
    )


def risk_by_coverage(stated: Floats, right: Flags) -> pd.DataFrame:
    """Return the share of wrong answers among the surest ones, for each number of these.

    Answers of the same probability are taken together (El-Yaniv & Wiener 2010, J. Machine
    Learning Research 11:1605-1641).

    Args:
        stated: As for `brier_parts`.
        right: As for `brier_parts`.

    Returns:
        The table `CALIBRATION_COVERAGE` of `column_docs`, the surest first.
    """
    order = np.argsort(-stated, kind="stable")
    ranked = stated[order]
    taken = np.arange(1, len(ranked) + 1)
    wrong = np.cumsum(~right[order])
    is_last = np.ones(len(ranked), dtype=bool)
    is_last[:-1] = ranked[:-1] != ranked[1:]
    return pd.DataFrame(
        {"coverage": (taken / max(len(ranked), 1))[is_last], "risk": (wrong / taken)[is_last]}
    )


def _bin_of(stated: Floats) -> Integers:
    """Return the bin of each probability; the last one includes 1."""
    return np.minimum((stated * BINS).astype(np.intp), BINS - 1)
