"""The tables of checks: verdicts on answers, pass rates of variants, and their differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chat_magic.analysis.arrays import integers
from chat_magic.analysis.check_outcomes import PASSED
from chat_magic.analysis.coordinate_columns import with_coordinates
from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.paired_difference import PairedFigures, compare_paired, holm
from chat_magic.analysis.pass_share import RowMeans, row_means, share_interval
from chat_magic.analysis.table_columns import category, strings, table
from chat_magic.analysis.truth import truth_form
from chat_magic.core.cell.row_values import column_value
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from chat_magic.analysis.check_outcomes import CheckOutcomes
    from chat_magic.analysis.run_layout import RunLayout


@dataclass(frozen=True, kw_only=True)
class CheckedLayout:
    """The verdicts on the answers of some runs, by row and variant."""

    outcomes: CheckOutcomes
    layout: RunLayout
    failed: Collection[int] = ()
    """The runs that have no answer to check."""
    clusters: Sequence[int] = field(default=())
    """For each row, the number of the cluster that counts as one row; by default the row's own."""

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks, and all of them together."""
        return (*self.outcomes.names, PASSED)

    def means(self, variant: int, check: str = PASSED) -> RowMeans:
        """Sum up the answers of a variant by row.

        Raises:
            InvalidRequest: There is no such check.
        """
        if check not in self.checks:
            near = nearest(check, self.checks) or f"; expected one of {', '.join(self.checks)}"
            raise InvalidRequest(f"check {check}: there is no such check{near}")
        rows, passed = [], []
        for run, verdict in zip(self.outcomes.run, self.outcomes.of(check), strict=True):
            if self.layout.variant[run] == variant:
                row = self.layout.row[run]
                rows.append(self.clusters[row] if self.clusters else row)
                passed.append(verdict is True)
        return row_means(rows, passed)

    def n_failed(self, variant: int) -> int:
        """Count the runs of a variant that have no answer."""
        return sum(self.layout.variant[run] == variant for run in self.failed)


def checks_table(outcomes: CheckOutcomes, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each answer, with the verdict of each check.

    Args:
        outcomes: The verdicts.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `CHECKS` of `column_docs`.
    """
    data = {
        "run": integers(outcomes.run).astype(np.int32),
        "choice": integers(outcomes.choice).astype(np.int16),
        **{name: pd.array(list(outcomes.of(name)), dtype="boolean") for name in outcomes.names},
        PASSED: np.array(outcomes.passed, dtype=bool),
        "error": strings(outcomes.errors),
    }
    return table(data, attrs, VOCABULARY_SIZE)


class PassFigures(NamedTuple):
    """How many answers of a variant pass a check."""

    answers: int
    n_passed: int
    share: float
    """The mean over rows, 0 to 1; NaN without answers."""
    low: float
    high: float
    """The ends of its 95 % interval; NaN where the rows do not give one."""
    rows: int
    mixed: int
    """Rows whose answers disagree."""
    failed: int
    """Runs without an answer to check."""


_FIGURES = {
    **dict.fromkeys(PassFigures._fields, np.int32),
    **dict.fromkeys(("share", "low", "high"), np.float64),
}


def pass_figures(checked: CheckedLayout, variant: int, check: str = PASSED) -> PassFigures:
    """Return how many answers of a variant pass a check.

    Raises:
        InvalidRequest: There is no such check.
    """
    means = checked.means(variant, check)
    return PassFigures(
        answers=int(means.count.sum()),
        n_passed=means.n_passed,
        share=means.share,
        **share_interval(means)._asdict(),
        rows=len(means.row),
        mixed=means.n_mixed,
        failed=checked.n_failed(variant),
    )


def pass_rates_table(checked: CheckedLayout, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each variant and check, with the share of answers that pass.

    Args:
        checked: The verdicts.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `PASS_RATES` of `column_docs`.
    """
    n_variants, checks = len(checked.layout.titles), checked.checks
    variant = np.repeat(np.arange(n_variants), len(checks))
    figures = [pass_figures(checked, v, check) for v in range(n_variants) for check in checks]
    data = {
        "run": variant,
        "variant": category(variant, checked.layout.titles),
        "check": category(np.tile(np.arange(len(checks)), n_variants), checks),
        **{
            name: np.array([getattr(known, name) for known in figures], dtype=dtype)
            for name, dtype in _FIGURES.items()
        },
    }
    return _by_variant(table(data, attrs, VOCABULARY_SIZE), checked.layout)


def _by_variant(rates: pd.DataFrame, layout: RunLayout) -> pd.DataFrame:
    """Put the model and the coordinates of the variants after their titles."""
    models = [known["model"] for known in layout.coordinates]
    extended = with_coordinates(rates, models, layout.coordinates).drop(columns="run")
    extended.insert(0, "variant", extended.pop("variant"))
    extended.attrs = rates.attrs
    return extended


def compare_variants(checked: CheckedLayout, a: int, b: int, check: str = PASSED) -> PairedFigures:
    """Compare two variants on the rows that both have, the first minus the second.

    Raises:
        InvalidRequest: There is no such check.
    """
    return compare_paired(checked.means(a, check), checked.means(b, check))


def versus_table(
    checked: CheckedLayout, check: str = PASSED, *, attrs: Mapping[str, Any]
) -> pd.DataFrame:
    """Return a row for each pair of variants, in their order, with how they compare.

    Args:
        checked: The verdicts.
        check: The check that is compared.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `VERSUS` of `column_docs`.

    Raises:
        InvalidRequest: There is no such check.
    """
    titles = checked.layout.titles
    means = [checked.means(place, check) for place in range(len(titles))]
    pairs = list(combinations(range(len(titles)), 2))
    figures = [compare_paired(means[a], means[b]) for a, b in pairs]
    p_values = np.array([known.p_value for known in figures], dtype=np.float64)
    data = {
        "a": category(integers([a for a, _ in pairs]), titles),
        "b": category(integers([b for _, b in pairs]), titles),
        **{
            name: np.array([getattr(known, name) for known in figures], dtype=np.float64)
            for name in ("difference", "low", "high")
        },
        "p_value": p_values,
        "rows": integers([known.rows for known in figures]).astype(np.int32),
        "discordant": integers([known.discordant for known in figures]).astype(np.int32),
        "rows_needed": pd.array([known.rows_needed for known in figures], dtype="Int64"),
        "p_adjusted": holm(p_values),
    }
    return table(data, {**attrs, "check": check}, VOCABULARY_SIZE)


def clusters_of(rows: Sequence[Mapping[Any, Any] | None], column: str) -> tuple[int, ...]:
    """Return a number for each row, the same for rows with the same value of a column.

    A row without a value is a cluster of its own; values that cannot be hashed are compared by
    their texts. Without any row there is no cluster.

    Raises:
        InvalidRequest: There are no rows, or no such column.
    """
    columns = list(dict.fromkeys(str(name) for row in rows for name in row or ()))
    if rows and not columns:
        raise InvalidRequest(f"column {column}: requires rows: ask with --over DATA")
    if rows and str(column) not in columns:
        near = nearest(str(column), columns) or f"; expected one of {', '.join(columns)}"
        raise InvalidRequest(f"column {column}: there is no such column{near}")
    numbers: dict[Any, int] = {}
    return tuple(
        numbers.setdefault(_cluster_key(column_value(row or {}, column), place), len(numbers))
        for place, row in enumerate(rows)
    )


def _cluster_key(value: Any, place: int) -> Any:
    if truth_form(value) is None:
        return ("missing", place)
    try:
        hash(value)
    except TypeError:
        return (type(value).__name__, repr(value))
    return ("value", value)
