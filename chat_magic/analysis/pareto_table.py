"""Pass share, cost and latency of each variant, and which variants another one dominates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.pass_share import Interval, share_interval, t_half_width
from chat_magic.analysis.table_columns import category, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.arrays import Flags, Floats
    from chat_magic.analysis.checks import CheckedLayout


def pareto_table(
    checked: CheckedLayout,
    costs: Sequence[float | None],
    latencies: Sequence[float | None],
    check: str,
    *,
    attrs: Mapping[str, Any],
) -> pd.DataFrame:
    """Return a row for each variant: its pass share, and the mean cost and time of a request.

    Args:
        checked: The verdicts; runs that failed count in no column.
        costs: Of each run, in dollars; None where unknown.
        latencies: Seconds of each run to its end; None where unknown.
        check: The check whose share is taken.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `PARETO` of `column_docs`.

    Raises:
        InvalidRequest: There is no such check.
    """
    layout = checked.layout
    means = [checked.means(place, check) for place in range(len(layout.titles))]
    share = np.array([of_rows.share for of_rows in means], dtype=np.float64)
    bounds = np.array([share_interval(of_rows) for of_rows in means], dtype=np.float64)
    cost = np.array([_mean(_of_variant(checked, costs, v)) for v in range(len(means))])
    time = np.array([_mean(_of_variant(checked, latencies, v)) for v in range(len(means))])
    data = {
        "variant": category(np.arange(len(means)), layout.titles),
        "share": share,
        "share_low": bounds.reshape(-1, 2)[:, 0],
        "share_high": bounds.reshape(-1, 2)[:, 1],
        **dict(zip(("cost", "cost_low", "cost_high"), cost.reshape(-1, 3).T, strict=True)),
        **dict(zip(("total_s", "total_s_low", "total_s_high"), time.reshape(-1, 3).T, strict=True)),
        "dominated": _dominated(share, cost.reshape(-1, 3)[:, 0], time.reshape(-1, 3)[:, 0]),
    }
    return table(data, {**attrs, "check": check}, VOCABULARY_SIZE)


def _of_variant(checked: CheckedLayout, values: Sequence[float | None], variant: int) -> Floats:
    """Return the known values of a variant's runs that did not fail."""
    known = [
        value
        for run, value in enumerate(values)
        if checked.layout.variant[run] == variant and run not in checked.failed
    ]
    return np.array([math.nan if value is None else value for value in known], dtype=np.float64)


def _mean(values: Floats) -> tuple[float, float, float]:
    """Return the mean of values and its 95 % interval by Student's t, cut at 0; NaN if unknown."""
    if not values.size or np.isnan(values).any():
        return math.nan, math.nan, math.nan
    middle = float(values.mean())
    if len(values) == 1:
        return middle, math.nan, math.nan
    half = t_half_width(values)
    interval = Interval(max(0.0, middle - half), middle + half)
    return middle, *interval


def _dominated(share: Floats, cost: Floats, time: Floats) -> Flags:
    """Say which variants another one is no worse than in all that is known, and better in one."""
    figures = np.column_stack([-share, cost, time])
    figures = figures[:, ~np.isnan(figures).any(axis=0)]
    no_worse = (figures[None, :, :] <= figures[:, None, :]).all(axis=2)
    better = (figures[None, :, :] < figures[:, None, :]).any(axis=2)
    dominated: Flags = np.logical_or.reduce(no_worse & better, axis=1)
    return dominated
