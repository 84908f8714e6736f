"""Checks run on answers: what they see, and what they never do."""

from __future__ import annotations

import functools
import sys
import types

import pytest

from chat_magic.core.cell.check_expression import read_checks
from chat_magic.core.schema.structured import schema_of
from chat_magic.errors import InvalidRequest
from chat_magic.results.check_run import CheckedRun, judge, notebook_variables, run_checks
from tests.results.checked import result_of

SCHEMA = schema_of({"type": "object", "properties": {"age": {"type": "integer"}}})


def verdicts(*checks, text="Yes", row=None, variables=None, schema=None, p=None, **named):
    """Return the verdict of each check on one answer."""
    result = result_of(text, schema=schema)
    runs = [CheckedRun(0, result, row, None if p is None else {0: p})]
    outcomes = run_checks(read_checks(checks, named), runs, variables or {})
    return [of_check[0].passed for of_check in outcomes.verdicts]


def error(check, **given):
    """Return why a check says nothing about an answer."""
    runs = [CheckedRun(0, result_of(given.pop("text", "Yes")), given.pop("row", None))]
    ((verdict,),) = run_checks(read_checks([check]), runs, given).verdicts
    assert verdict.passed is None
    return verdict.error


ROW = {"label": "yes", "answer": "no", "page no": 7, "words": ["Y"]}


@pytest.mark.parametrize(
    "expression",
    [
        "answer == 'Yes'",
        "answer.strip().lower() == label",
        "row['answer'] == 'no' and row['page no'] == 7",
        "choice.index == 0 and choice.finish_reason == 'stop'",
        "result.model == 'a/b' and result.text == answer",
        "any(word in answer for word in words)",
        "(lambda: answer)() == 'Yes'",
        "[answer for _ in range(2)] == [answer, answer]",
        "(first := answer[0]) == 'Y' and first == 'Y'",
        "limit > len(answer)",
        "isinstance(row, dict)",
        "parsed is None",
    ],
)
def test_an_expression_sees_the_answer_its_row_and_the_notebook(expression):
    """Also inside lambdas and comprehensions."""
    assert verdicts(expression, row=ROW, variables={"limit": 4}) == [True]


def test_names_of_the_answer_come_before_columns_and_these_before_variables():
    """And all of them before builtins."""
    row = {"answer": "column", "label": "column", "len": "column"}
    variables = {"answer": "variable", "label": "variable", "sum": "variable"}
    checks = ("answer == 'Yes'", "label == 'column'", "len == 'column'", "sum == 'variable'")
    assert verdicts(*checks, row=row, variables=variables) == [True] * 4


def test_a_column_that_is_hidden_by_a_name_of_the_answer_is_told_if_a_check_uses_it():
    """Otherwise nothing is said."""
    runs = [CheckedRun(0, result_of("Yes"), ROW)]
    assert run_checks(read_checks(["answer"]), runs, {}).notices == (
        "checks: answer is that of the answer; the column of this name is row['answer']",
    )
    assert run_checks(read_checks(["label"]), runs, {}).notices == ()


def test_functions_take_what_they_name():
    """Of the answer, the row and, without a default, the notebook."""

    def check(answer, label, *, row, limit, other=3, **_more):
        return (answer, label, row["answer"], limit, other) == ("Yes", "yes", "no", 9, 3)

    def positional(answer, /, label):
        return answer + label == "Yesyes"

    given = {"row": ROW, "variables": {"limit": 9, "other": 4}}
    assert verdicts(check, positional, **given) == [True, True]
    assert verdicts(functools.partial(positional, label="yes"), row=ROW) == [True]
    assert verdicts(lambda: True, bool=lambda answer: answer) == [True, True]


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("0", False),
        ("[]", False),
        ("None", False),
        ("2", True),
        ("answer", True),
        ("''or()", False),
    ],
)
def test_the_truth_of_a_value_counts(expression, passed):
    """As in an `if`."""
    assert verdicts(expression) == [passed]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("unknown", "NameError: name 'unknown' is not defined"),
        ("row['x']", "KeyError: 'x'"),
        ("float('nan')", "TypeError: the value is NaN"),
        ("int(answer)", "ValueError: invalid literal for int() with base 10: 'Yes'"),
        ("missing == 1 and missing", "TypeError: boolean value of NA is ambiguous"),
        ("array", "ValueError: "),
        ("[][0]", "IndexError: list index out of range"),
        ("waits()", "TypeError: the value must be awaited"),
    ],
)
def test_an_exception_is_a_verdict_of_its_own(expression, words):
    """In one line, with its type."""
    import numpy as np
    import pandas as pd

    async def waits():
        return True

    found = error(expression, row={}, missing=pd.NA, array=np.array([1, 2]), waits=waits)
    assert found.startswith(words)


def test_a_long_exception_is_cut():
    """A model's text in it would be as long as the answer."""
    found = error("int(answer)", text="long\n" * 1000)
    assert len(found) == 200
    assert "\n" not in found


def test_an_interrupt_is_no_verdict():
    """It ends the checks."""

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verdicts(interrupted)


def test_parsed_is_the_typed_value_and_an_answer_that_does_not_fit_is_an_exception():
    """As for `.parsed`."""
    assert verdicts("parsed['age'] > 17", text='{"age": 18}', schema=SCHEMA) == [True]
    assert verdicts("parsed['age'] > 17", text="old", schema=SCHEMA) == [None]


@pytest.mark.parametrize(
    ("expression", "passed"),
    [
        ("parsed.age > 17", True),
        ("parsed.home.city == 'Oslo' and parsed.pets[0].name == 'Rex'", True),
        ("parsed == {'age': 18, 'home': {'city': 'Oslo'}, 'pets': [{'name': 'Rex'}]}", True),
        ("isinstance(parsed, dict) and sorted(parsed.keys())[0] == 'age'", True),
        ("parsed.city", None),
        ("hasattr(parsed, 'city')", False),
        ("result.parsed['age'] > 17", True),
    ],
)
def test_fields_of_a_json_object_are_attributes_too(expression, passed):
    """As those of a dataclass; also of objects inside."""
    text = '{"age": 18, "home": {"city": "Oslo"}, "pets": [{"name": "Rex"}]}'
    schema = schema_of({"type": "object"})
    assert verdicts(expression, text=text, schema=schema) == [passed]


def test_p_has_the_probability_of_each_label():
    """A function can take it, too."""
    p = {"good": 0.9, "bad": 0.05, "other": 0.05}
    assert verdicts("p['good'] > 0.8", "p[label] < 0.1", row={"label": "bad"}, p=p) == [True, True]


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("p['good'] > 1", "check p['good'] > 1: p requires labels, the possible answers"),
        ("row['a']", "check row['a']: row requires rows: ask with --over DATA"),
    ],
)
def test_a_check_that_asks_for_what_no_answer_has_is_refused(check, words):
    """It would be an exception for each of them."""
    with pytest.raises(InvalidRequest) as caught:
        verdicts(check)
    assert words in str(caught.value)


def test_a_parameter_that_nothing_is_the_name_of_is_refused():
    """The error says what there is."""
    with pytest.raises(InvalidRequest, match="check lambda2: the parameter x is not a column"):
        verdicts(lambda2=lambda x: x)


HOSTILE = (
    "__import__('os').system('true')",
    "{{ 7 * 7 }}",
    "{answer.__class__}",
    "%(answer)s",
    "$answer `answer` {0} {}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_model_or_a_row_says_is_a_value(text):
    """It is compared, and never run, formatted or rendered."""
    row = {"label": text, text: 1}
    checks = ("answer == label", "answer in row", "answer == " + repr(text))
    assert verdicts(*checks, text=text, row=row) == [True] * 3


def test_a_check_cannot_change_the_row_of_the_next_one():
    """Each gets its own."""
    row = {"label": "yes"}
    assert verdicts("row.pop('label') == 'yes'", "row['label'] == 'yes'", row=row) == [True, True]


def test_the_variables_are_those_of_the_notebook(monkeypatch):
    """Those of a script are not seen unless they are given."""
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    assert notebook_variables() == {}
    notebook = types.ModuleType("__main__")
    notebook.get_ipython, notebook.limit = object, 3
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    assert notebook_variables()["limit"] == 3


def test_a_missing_truth_says_nothing_about_an_answer():
    """It is shown as an exception is."""
    runs = [CheckedRun(0, result_of("Yes"), {"label": float("nan")})]
    outcomes = judge("label", runs, ())
    assert outcomes.verdicts[0][0] == (None, "the truth is missing in column label")
