"""Checks are compiled before anything is sent, and refused by name."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.check_expression import check_field, read_checks
from chat_magic.errors import InvalidRequest


def short(answer):
    return len(answer) < 9


async def waits(answer):
    return answer


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("answer == label", "answer == label"),
        ("  answer ==\tlabel ", "answer == label"),
        ("short=len(answer) < 9", "short"),
        ("short = len(answer) < 9", "short"),
        ("a==b", "a==b"),
        ("a == b", "a == b"),
        ("größe=len(answer) > 1", "größe"),
        ("f(a=1)", "f(a=1)"),
        ("row['a'] != 1", "row['a'] != 1"),
        ("answer <= 'b'", "answer <= 'b'"),
        ("(y := answer) and y", "(y := answer) and y"),
    ],
)
def test_a_check_is_named_by_an_identifier_before_a_single_equals_sign(text, name):
    """Else by its own text, on one line."""
    (check,) = read_checks([text])
    assert check.name == name
    assert check.is_expression


def test_a_check_uses_the_names_of_its_expression():
    """Those inside lambdas and comprehensions, too."""
    (check,) = read_checks(["any(word in answer for word in words) and (lambda: row)()"])
    assert {"answer", "words", "row", "any"} <= check.uses


def test_functions_are_checks_by_their_names_and_use_their_parameters():
    """Or by the name that they are given."""
    one, two = read_checks([short], {"brief": short})
    assert (one.name, two.name, one.uses) == ("short", "brief", frozenset({"answer"}))
    assert not one.is_expression


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (["answer =="], "check answer ==: is not a Python expression: invalid syntax"),
        (["ok=answer =="], "check answer ==: is not a Python expression"),
        (["import os"], "check import os: is not a Python expression"),
        (["x = 1; y"], "check 1; y: is not a Python expression"),
        ([""], "check : is not a Python expression"),
        (["'yes'"], "check 'yes': is a text, which says nothing about the answer"),
        (["await f()"], "check await f()"),
        (["passed=answer"], "check passed: is a column of .checks"),
        (["error"], "check error: is a column of .checks"),
        (["a=answer", "a=row"], "check a: is given twice; name each, as name=EXPRESSION"),
        ([3], "check: expected a Python expression or a function, got int"),
        ([waits], "check waits: must be a function that is not async"),
        (["(" * 500 + ")" * 500], "is not a Python expression"),
    ],
)
def test_what_is_not_a_check_is_refused_by_its_text(checks, words):
    """In one line, which says what it is."""
    with pytest.raises(InvalidRequest) as caught:
        read_checks(checks)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "checks"),
    [
        ("answer == 'a'", ("answer == 'a'",)),
        (["a", "b=c"], ("a", "b=c")),
        ({"a": "b", "c": "d == e"}, ("a=b", "c=d == e")),
    ],
)
def test_a_field_is_an_expression_a_list_or_a_mapping(value, checks):
    """A mapping names them."""
    assert check_field(value) == checks


@pytest.mark.parametrize("value", [3, [3], {"a": 3}, {"not a name": "b"}, True])
def test_any_other_field_is_refused(value):
    """It names the field."""
    with pytest.raises(InvalidRequest, match="check"):
        check_field(value)
