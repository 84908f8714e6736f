"""Variants by pass share, cost and time."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.check_outcomes import CheckOutcomes, Verdict
from chat_magic.analysis.checks import CheckedLayout
from chat_magic.analysis.pareto_table import pareto_table
from chat_magic.analysis.run_layout import RunLayout

YES, NO = Verdict(True), Verdict(False)


def checked(*passed, failed=()):
    """Return the verdicts on variants, each with two rows."""
    count = len(passed)
    layout = RunLayout(
        titles=tuple("ABC"[:count]),
        coordinates=({"model": "a/b"},) * count,
        rows=({}, {}),
        row_titles=("0", "1"),
        variant=tuple(range(count)) * 2,
        row=(0,) * count + (1,) * count,
    )
    runs = [run for run in range(2 * count) if run not in failed]
    verdicts = tuple(YES if passed[run % count] > run // count else NO for run in runs)
    outcomes = CheckOutcomes(("ok",), tuple(runs), (0,) * len(runs), (verdicts,))
    return CheckedLayout(outcomes=outcomes, layout=layout, failed=failed)


def test_a_variant_is_dominated_if_another_is_no_worse_in_all_and_better_in_one():
    """B is dearer than A and no better; C is the best and the dearest."""
    table = pareto_table(
        checked(1, 1, 2), [1, 2, 3, 1, 2, 3], [5, 5, 5, 5, 5, 5], "passed", attrs={}
    )
    assert table["dominated"].tolist() == [False, True, False]
    assert table["share"].tolist() == [0.5, 0.5, 1.0]
    assert table["cost"].tolist() == [1, 2, 3]


def test_costs_that_are_not_known_do_not_count():
    """The times decide."""
    table = pareto_table(checked(1, 1), [None, 1, 1, 1], [1, 2, 1, 2], "ok", attrs={})
    assert math.isnan(table["cost"][0])
    assert table["dominated"].tolist() == [False, True]
    assert table.attrs["chat_magic"]["check"] == "ok"


def test_means_have_the_interval_of_student_cut_at_zero():
    """1 and 3 dollars: 2 ± 12.7; a run that failed does not count."""
    table = pareto_table(checked(1), [1, 3], [1, 1], "passed", attrs={})
    assert table[["cost", "cost_low"]].iloc[0].tolist() == [2, 0]
    assert table["cost_high"][0] == pytest.approx(2 + 12.706, abs=1e-3)
    alone = pareto_table(checked(1, failed=(1,)), [1, 3], [1, 1], "passed", attrs={})
    assert alone["cost"][0] == 1
    assert math.isnan(alone["cost_low"][0])
