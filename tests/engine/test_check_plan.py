"""Checks are compiled before anything is sent, and run on what is answered."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic.core.cell.grid import Axis
from chat_magic.engine.check_plan import NO_CHECKS, CheckPlan, plan_checks
from chat_magic.errors import InvalidRequest
from tests.completions import completion
from tests.gateway import streamed
from tests.results.checked import rows_of

ROWS = rows_of([{"text": "a", "label": "Y"}, {"text": "b", "label": "N"}])


def short(answer):
    return len(answer) < 3


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("answer", ("answer",)),
        (short, ("short",)),
        (["answer", short], ("answer", "short")),
        ({"a": "answer", "b": short}, ("a", "b")),
        ((), ()),
    ],
)
def test_checks_are_an_expression_a_function_a_list_or_a_dict(given, names):
    """A dict names them."""
    plan = plan_checks(given, None, [], {}, has_labels=False)
    assert tuple(check.name for check in plan.checks) == names


@pytest.mark.parametrize(
    ("given", "truth", "axes", "words"),
    [
        ("answer ==", None, [], "check answer ==: is not a Python expression"),
        ("p['a'] > 1", None, [ROWS], "p requires labels, the possible answers"),
        ("row['a']", None, [], "row requires rows: ask with --over DATA"),
        (lambda x: x, None, [ROWS], "the parameter x is not a column"),
        ((), "lable", [ROWS], "truth lable: there is no such column; did you mean label?"),
        ((), "label", [], "truth label: requires rows: ask with --over DATA"),
        ({"correct": "answer"}, "label", [ROWS], "check correct: is that of the truth"),
        (3, None, [], "check: expected a Python expression or a function, got int"),
    ],
)
def test_what_no_answer_has_is_refused_before_anything_is_sent(given, truth, axes, words):
    """In one line."""
    with pytest.raises(InvalidRequest) as caught:
        plan_checks(given, truth, axes, {}, has_labels=False)
    assert words in str(caught.value)


@pytest.mark.parametrize("given", ["p['a'] > 1", "label == answer", "row['label']", "limit"])
def test_labels_columns_and_variables_can_be_asked_for(given):
    """Names that are not there yet may come: an expression is not refused for them."""
    plan = plan_checks(given, "label", [ROWS], {}, has_labels=True)
    assert plan.truth == "label"


def test_a_call_is_checked_once_it_is_answered(gateway):
    """The verdicts are those of its choices, in the order of the grid."""
    gateway(streamed(completion("Y")), streamed(completion("N")))
    results = chat_magic.chat_grid(
        "Hi {{ word }}", vary={"word": ["a", "b"]}, model="c/d", concurrency=1,
        check={"yes": "answer == wanted", "short": short}, variables={"wanted": "Y"},
    )  # fmt: skip
    assert results.checks["yes"].tolist() == [True, False]
    assert results.checks["passed"].tolist() == [True, False]


def test_a_syntax_error_is_told_before_anything_is_sent(gateway):
    """It names the expression."""
    requests = gateway(streamed(completion("Y")))
    with pytest.raises(InvalidRequest, match="check answer ==: is not a Python expression"):
        chat_magic.chat_grid("Hi", sweep={"temperature": [0, 1]}, model="c/d", check="answer ==")
    assert not requests.requests


def test_answers_are_not_lost_where_they_cannot_be_checked():
    """The results have a warning instead."""
    from tests.results.checked import grid_of

    grid = grid_of({"A": ["x"]}, [{"label": "x"}])
    assert NO_CHECKS.apply(grid) is grid
    found = CheckPlan(truth="other").apply(grid)
    assert found.warnings[-1].startswith("truth other: there is no such column")


def test_an_axis_without_rows_has_no_columns_to_check():
    """A table without rows sends nothing, and refuses nothing."""
    empty = Axis(name="row", kind="row", titles=(), values=())
    assert plan_checks((), "label", [empty], {}, has_labels=False).truth == "label"
