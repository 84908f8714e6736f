"""JSON as users write it: strict, of bounded depth, and with errors that name the field."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.json_values import MAX_DEPTH, check_depth, fault_in_json, read_json


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NaN", "NaN is not a value of JSON"),
        ("[-Infinity]", "-Infinity is not a value of JSON"),
        ("[" * 3_000 + "]" * 3_000, "more than 200 lists"),
        ("[" * 200_000, "more than 200 lists|Expecting value"),
        ('{"a":' * 201 + "1" + "}" * 201, "more than 200 lists"),
        ("[1", "Expecting"),
    ],
)
def test_what_is_not_json_is_a_value_error(text, words):
    """Also what is nested so deeply that reading it would end in a RecursionError."""
    with pytest.raises(ValueError, match=words):
        read_json(text)


def test_values_of_the_greatest_depth_are_read():
    """As any JSON."""
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(read_json(text)) == text


def test_a_list_that_contains_itself_is_too_deep():
    """YAML has such lists."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="inside each other"):
        check_depth(loop)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"a": [1, "b", None, True, 1.5]}, None),
        ({"a": float("nan")}, "a nan: is not a number that JSON has"),
        ({"a": {"b": [0, float("inf")]}}, "a.b[1] inf: is not a number that JSON has"),
        ({"a": {1, 2}}, "a: set is not a type that JSON has"),
        ({"a": b"x"}, "a: bytes is not a type that JSON has"),
        ({"a": {(1, 2): 3}}, "a: the key (1, 2) is not text"),
    ],
)
def test_the_part_that_json_cannot_hold_is_named(value, fault):
    """By its path."""
    assert fault_in_json(value) == fault
