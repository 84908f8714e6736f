"""The tables of checks, from verdicts by row and variant."""

from __future__ import annotations

import pytest

from chat_magic.analysis.check_outcomes import CheckOutcomes, Verdict
from chat_magic.analysis.checks import (
    CheckedLayout,
    checks_table,
    clusters_of,
    pass_figures,
    pass_rates_table,
    versus_table,
)
from chat_magic.analysis.run_layout import RunLayout
from chat_magic.errors import InvalidRequest

LAYOUT = RunLayout(
    titles=("A", "B"),
    coordinates=({"model": "a/b", "prompt": "A"}, {"model": "c/d", "prompt": "B"}),
    rows=({"doc": "x"}, {"doc": "x"}, {"doc": "y"}),
    row_titles=("0", "1", "2"),
    variant=(0, 1, 0, 1, 0, 1),
    row=(0, 0, 1, 1, 2, 2),
)
YES, NO, FAULT = Verdict(True), Verdict(False), Verdict(None, "KeyError: 'x'")
OUTCOMES = CheckOutcomes(
    names=("ok",),
    run=(0, 1, 2, 3, 4),
    choice=(0, 0, 0, 0, 0),
    verdicts=((YES, NO, YES, YES, FAULT),),
)
CHECKED = CheckedLayout(outcomes=OUTCOMES, layout=LAYOUT, failed=(5,))


def test_answers_have_a_row_each():
    """An exception is missing in its column, and does not pass."""
    table = checks_table(OUTCOMES, attrs={})
    assert table["ok"].isna().tolist() == [False] * 4 + [True]
    assert table["passed"].tolist() == [True, False, True, True, False]
    assert table["error"].dropna().tolist() == ["ok: KeyError: 'x'"]


def test_figures_count_answers_rows_and_failed_runs():
    """An exception counts in the answers; the run that failed does not."""
    assert pass_figures(CHECKED, 0)[:2] == (3, 2)
    assert pass_figures(CHECKED, 1)._asdict() | {"low": 0, "high": 0} == {
        "answers": 2, "n_passed": 1, "share": 0.5, "low": 0, "high": 0, "rows": 2, "mixed": 0,
        "failed": 1,
    }  # fmt: skip


def test_pass_rates_have_the_model_and_the_coordinates_of_each_variant():
    """After its title."""
    table = pass_rates_table(CHECKED, attrs={"models": ["a/b"]})
    assert list(table)[:4] == ["variant", "model", "prompt", "check"]
    assert table["model"].tolist() == ["a/b", "a/b", "c/d", "c/d"]
    assert table.attrs["chat_magic"]["models"] == ["a/b"]


def test_clusters_count_as_rows():
    """Rows 0 and 1 are of one document."""
    clusters = clusters_of(LAYOUT.rows, "doc")
    assert clusters == (0, 0, 1)
    by_doc = CheckedLayout(outcomes=OUTCOMES, layout=LAYOUT, clusters=clusters)
    assert pass_figures(by_doc, 0).rows == 2
    assert pass_figures(by_doc, 0).share == 0.5


def test_pairs_are_compared_in_the_order_of_the_variants():
    """On the rows that both have; the check is noted."""
    table = versus_table(CHECKED, "ok", attrs={})
    assert table[["a", "b", "rows", "discordant"]].to_numpy().tolist() == [["A", "B", 2, 1]]
    assert table.attrs["chat_magic"]["check"] == "ok"


@pytest.mark.parametrize("check", ["OK", "x", ""])
def test_another_check_is_refused(check):
    """The error says which there are, or the nearest."""
    with pytest.raises(InvalidRequest, match=f"check {check}: there is no such check"):
        CHECKED.means(0, check)
