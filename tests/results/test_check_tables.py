"""Checked results: their tables, and what these prove."""

from __future__ import annotations

import math
import pickle

import pandas as pd
import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_results import ChatResults
from tests.results.checked import grid_of, result_of, rows_of

ROWS = [{"label": "yes", "page": 1}, {"label": "no", "page": 1}, {"label": "yes", "page": 2}]
GRID = grid_of({"A": ["yes", "yes", "no"], "B": ["Yes ", "no", "yes"]}, ROWS)


def rates(results, check="passed"):
    """Return the figures of a check by variant."""
    table = results.pass_rates
    return table[table["check"] == check].set_index("variant")


def test_a_check_makes_new_results():
    """The old ones stay as they are."""
    checked = GRID.check("answer == label")
    assert checked is not GRID
    assert GRID._checked is None
    assert checked.results == GRID.results


def test_checks_has_a_row_for_each_answer_and_a_column_for_each_check():
    """Nullable booleans, all of them together, and exceptions."""
    table = GRID.check("answer == label", short=lambda answer: len(answer) < 4, bad="1/0").checks
    assert list(table) == [
        "run", "model", "row", "prompt", "choice", "answer == label", "short", "bad", "passed",
        "error",
    ]  # fmt: skip
    assert table["answer == label"].tolist() == [True, False, False, True, False, True]
    assert table["short"].tolist() == [True, False, True, True, True, True]
    assert table["bad"].isna().all()
    assert table["bad"].dtype == "boolean"
    assert table["passed"].tolist() == [False] * 6
    assert set(table["error"]) == {"bad: ZeroDivisionError: division by zero"}


def test_pass_rates_have_a_row_for_each_variant_and_check():
    """The last is all of them together."""
    table = GRID.check("answer == label", any="answer").pass_rates
    assert table["variant"].tolist() == ["A"] * 3 + ["B"] * 3
    assert table["check"].tolist() == ["answer == label", "any", "passed"] * 2
    figures = table.set_index(["variant", "check"]).loc[("B", "passed")]
    assert (figures["answers"], figures["n_passed"], figures["rows"]) == (3, 2, 3)
    assert figures["share"] == pytest.approx(2 / 3)
    assert (figures["low"], figures["high"]) == pytest.approx((0.2077, 0.9385), abs=1e-4)


def test_the_truth_adds_the_check_correct_and_a_confusion_table():
    """Texts are compared without case and outer white space."""
    checked = GRID.check(truth="label")
    assert checked.checks["correct"].tolist() == [True, True, False, True, False, True]
    assert checked.confusion.loc["A"].to_dict("index") == {
        "yes": {"yes": 1, "no": 1}, "no": {"yes": 1, "no": 0},
    }  # fmt: skip
    assert checked.confusion.loc["B"].to_dict("index") == {
        "yes": {"yes": 2, "no": 0}, "no": {"yes": 0, "no": 1},
    }  # fmt: skip


def test_further_checks_are_added_and_replace_their_namesakes():
    """So that a cell can be run again."""
    checked = GRID.check(a="True", truth="label").check(a="False", b="True")
    assert list(checked.checks)[5:9] == ["correct", "a", "b", "passed"]
    assert not checked.checks["a"].any()
    assert checked.confusion.to_numpy().sum() == 6


def test_a_failed_run_is_left_out_and_counted_apart():
    """It neither passes nor fails."""
    grid = grid_of({"A": ["yes", "", "yes"]}, ROWS, errors={(1, "A"): "late"})
    checked = grid.check("answer == label")
    assert checked.checks["run"].tolist() == [0, 2]
    figures = rates(checked).loc["A"]
    assert (figures["answers"], figures["rows"], figures["failed"]) == (2, 2, 1)


def test_a_missing_choice_makes_its_row_no_smaller_than_the_others():
    """The share is the mean over rows: ½, 1 and 0; two choices of row 2 are missing."""
    grid = grid_of({"A": [["yes", "no", "yes", "no"], ["no"] * 4, ["x", "x"]]}, ROWS)
    figures = rates(grid.check("answer == label")).loc["A"]
    assert (figures["answers"], figures["n_passed"], figures["mixed"]) == (10, 6, 1)
    assert figures["share"] == pytest.approx(0.5)
    assert (figures["low"], figures["high"]) == (0, 1)


@pytest.mark.parametrize(
    ("answers", "interval"),
    [
        ([["a", "a"]], (math.nan, math.nan)),
        ([["a"]], (0.2065, 1.0)),
        ([["a", "a"], ["a", "a"]], (0.3424, 1.0)),
        ([["b"], ["b"]], (0.0, 0.6576)),
        ([], None),
    ],
)
def test_few_rows_have_wide_intervals_or_none(answers, interval):
    """One row of several answers has none; equal rows have Wilson's over rows."""
    rows = [{"label": "a"}] * len(answers)
    checked = grid_of({"A": answers}, rows).check("answer == label") if answers else None
    if checked is None:
        return
    figures = rates(checked).loc["A"]
    assert (figures["low"], figures["high"]) == pytest.approx(interval, abs=1e-4, nan_ok=True)


def test_rows_of_the_same_value_can_count_as_one():
    """Pages 1 and 2: A has ½ and 0, B 1 and 1."""
    by_page = GRID.check(truth="label").pass_rates_by("page")
    figures = by_page[by_page["check"] == "passed"].set_index("variant")
    assert figures["rows"].tolist() == [2, 2]
    assert figures["share"].tolist() == [0.25, 1.0]


@pytest.mark.parametrize("name", [1, "1"])
def test_a_column_whose_name_is_no_text_is_named_by_itself_or_its_text(name):
    """As of a table without a header."""
    grid = grid_of({"A": ["x", "y", "x"]}, [{0: "d", 1: "X"}, {0: "e", 1: "y"}, {0: "f", 1: "X"}])
    checked = grid.check(truth=name)
    assert checked.checks["correct"].tolist() == [True] * 3
    assert checked.confusion.loc["A"].to_numpy().tolist() == [[2, 0], [0, 1]]
    assert checked.pass_rates_by(name)["rows"].tolist() == [2, 2]


@pytest.mark.parametrize("name", [2, "2", ["label"]])
def test_a_column_that_is_not_there_is_an_error(name):
    """Whatever it is called."""
    grid = grid_of({"A": ["x"]}, [{0: "d", 1: "X"}]).check("answer")
    with pytest.raises(InvalidRequest, match="there is no such column; expected one of 0, 1"):
        grid.pass_rates_by(name)
    with pytest.raises(InvalidRequest, match="there is no such column; expected one of 0, 1"):
        grid.check(truth=name)


def test_values_that_cannot_be_hashed_or_are_missing_make_clusters_too():
    """Equal lists are one; each missing value is one of its own."""
    values = [["a"], ["a"], None, float("nan"), 1, 1.0]
    grid = grid_of({"A": ["x"] * 6}, [{"doc": value} for value in values])
    assert grid.check("answer").pass_rates_by("doc")["rows"].tolist() == [4, 4]


def test_two_variants_are_compared_by_place_title_or_coordinates():
    """The figures are those of the first minus the second."""
    checked = GRID.check(truth="label")
    for a, b in ((1, 0), ("B", "A"), ({"prompt": "B"}, {"prompt": "A"})):
        versus = checked.versus(a, b)
        assert (versus.a, versus.b, versus.rows, versus.discordant) == ("B", "A", 3, 2)
        assert versus.difference == pytest.approx(2 / 3)
        assert versus.p_value == 0.5
    assert str(versus) == versus.sentence
    assert versus.sentence.startswith("B passes 67 points more than A (")
    assert not versus.settled


def test_the_common_rows_are_compared_and_it_is_said():
    """Row 0 of B failed."""
    answers = {"A": ["yes", "yes", "no"], "B": ["", "no", "yes"]}
    checked = grid_of(answers, ROWS, errors={(0, "B"): "late"}).check(truth="label")
    versus = checked.versus("B", "A")
    assert (versus.rows, versus.unpaired) == (2, 1)
    assert "1 row is left out, which only one of them answered." in versus.sentence


def test_all_pairs_are_compared_in_the_order_of_the_variants():
    """With p-values adjusted for their number."""
    answers = {"A": ["x"] * 8, "B": ["y"] * 8, "C": ["y"] * 7 + ["x"]}
    checked = grid_of(answers, [{"label": "x"}] * 8).check("answer == label")
    table = checked.versus()
    assert list(zip(table["a"], table["b"], strict=True)) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert table["difference"].tolist() == pytest.approx([1.0, 7 / 8, -1 / 8])
    assert table["p_value"].tolist() == pytest.approx([2 / 256, 2 / 128, 1.0])
    assert table["p_adjusted"].tolist() == pytest.approx([6 / 256, 4 / 128, 1.0])
    assert checked.versus(check="answer == label").equals(table)


def test_clusters_count_as_one_row_when_variants_are_compared():
    """Pages 1 and 2 have differences of ½ and 1."""
    versus = GRID.check(truth="label").versus("B", "A", cluster="page")
    assert (versus.rows, versus.difference) == (2, 0.75)


def test_results_without_rows_are_checked_too():
    """Each run of a grid is a variant; a single result has one."""
    single = result_of("yes", "no", "yes").check("answer == 'yes'")
    assert single.checks["passed"].tolist() == [True, False, True]
    figures = single.pass_rates.iloc[-1]
    assert (figures["variant"], figures["share"], figures["rows"]) == (
        "a/b", pytest.approx(2 / 3), 1,
    )  # fmt: skip
    both = ChatResults((result_of("yes"), result_of("no", model="c/d"))).check("answer == 'yes'")
    assert both.pass_rates["variant"].unique().tolist() == ["a/b", "c/d"]
    assert both.versus("a/b", "c/d").rows == 1


def test_the_verdicts_go_along_with_slices_choices_and_pickles():
    """Those on the answers that are left."""
    checked = GRID.check("answer == label")
    assert checked[2:4].checks["passed"].tolist() == [False, True]
    single = result_of("yes", "no").check("answer == 'yes'")
    assert single.pick(1).checks["passed"].tolist() == [False]
    assert pickle.loads(pickle.dumps(checked)).checks.equals(checked.checks)


def test_variables_are_those_that_are_given():
    """In plain Python there are no others."""
    checked = GRID.check("answer in allowed", variables={"allowed": ["yes"]})
    assert checked.checks["passed"].sum() == 3
    assert GRID.check("answer in allowed").checks["answer in allowed"].isna().all()


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda grid: grid.check(), "check: requires an expression or a function"),
        (lambda grid: grid.check("answer =="), "check answer ==: is not a Python expression"),
        (lambda grid: grid.check(truth="labels"), "truth labels: there is no such column"),
        (lambda _: result_of("a").check(truth="x"), "truth x: requires rows: ask with --over"),
        (lambda grid: grid.checks, "the answers are not checked: ask with --check EXPRESSION"),
        (lambda grid: grid.pass_rates, "the answers are not checked"),
        (lambda grid: grid.versus(0, 1), "the answers are not checked"),
        (lambda grid: grid.confusion, "confusion: requires a truth: ask with --truth COLUMN"),
        (lambda grid: grid.check("1").pass_rates_by("x"), "column x: there is no such column"),
        (lambda _: result_of("a").check("1").pass_rates_by("x"), "column x: requires rows"),
        (lambda grid: grid.check("1").versus(0), "versus: expected two variants"),
        (lambda grid: grid.check("1").versus(0, "C"), "variant C: there is no such variant"),
        (lambda grid: grid.check("1").versus(0, 1, "2"), "check 2: there is no such check"),
        (lambda grid: grid.calibration("label"), "calibration: requires labels"),
        (lambda grid: grid.check("1").pareto("x"), "check x: there is no such check"),
        (
            lambda grid: grid.check("1", truth="label", correct="1"),
            "check correct: is that of the truth",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(use, words):
    """It names the argument, and what to do."""
    with pytest.raises(InvalidRequest) as caught:
        use(GRID)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_of_other_types_and_missing_ones_are_compared_as_texts():
    """A missing one says nothing, and counts as not passed."""
    rows = [{"label": 1}, {"label": 2.0}, {"label": pd.NA}, {"label": ["x"]}]
    checked = grid_of({"A": ["1", "2", "3", "['x']"]}, rows).check(truth="label")
    assert checked.checks["correct"].tolist() == [True, True, pd.NA, True]
    assert rates(checked, "correct").loc["A", "n_passed"] == 3
    assert checked.confusion.to_numpy().sum() == 3


def test_rows_have_an_axis_of_their_kind():
    """It is the kind that counts, not the name."""
    axis = rows_of([{"label": "a"}, {"label": "b"}])
    grid = ChatResults(
        (result_of("a"), result_of("a")), (axis,), ({"row": "0"}, {"row": "1"})
    ).check("answer == label")
    assert grid.pass_rates["rows"].tolist() == [2, 2]
    assert grid.pass_rates["variant"].unique().tolist() == ["a/b"]
