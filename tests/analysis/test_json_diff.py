"""What must change for one JSON value to become another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.json_diff import FieldChange, diff_json

WIRE = Path(__file__).parents[1] / "wire"
FIELDS = [case for case in json.loads((WIRE / "diff.json").read_text()) if case["by"] == "json"]
DRAWN = json.loads((WIRE / "diff_cases.json").read_text())


def about(case):
    return case["about"]


def rows(changes):
    """Return changes as the files of cases hold them."""
    return changes and [[c.kind, c.pointer, c.before, c.after] for c in changes]


@pytest.mark.parametrize("case", FIELDS, ids=about)
def test_json_differs_as_worked_out_by_hand(case):
    """The same cases are read by vitest."""
    assert rows(diff_json(case["base"], case["other"])) == case["changes"]


@pytest.mark.parametrize("text", ["", "3", '"a"', "no", '{"a": NaN}', "[" * 600 + "]" * 600])
def test_what_is_no_object_or_list_has_no_fields(text):
    """On either side."""
    assert diff_json(text, "{}") is None
    assert diff_json("[]", text) is None


def test_a_list_deep_in_lists_is_compared():
    """Down to 500 levels."""
    base, other = (f"{'[' * 500}{inner}{']' * 500}" for inner in ("1", "2"))
    assert diff_json(base, other) == [FieldChange("/0" * 500, "change", "1", "2")]


def test_drawn_values_differ_as_stored():
    """`python -m tests.wire.make_diff` draws other cases; vitest reads the same ones."""
    for case in DRAWN:
        if case["by"] == "json":
            assert rows(diff_json(case["base"], case["other"])) == case["changes"], case["about"]


def test_numbers_are_compared_and_shown_as_they_are_written():
    """No digit is lost, however many there are."""
    digits = "9" * 5000
    assert diff_json(f'{{"a": 1.0, "b": {digits}}}', f'{{"a": 1, "b": {digits}}}') == [
        FieldChange("/a", "change", "1.0", "1"),
        FieldChange("/b", "same", digits, digits),
    ]


def test_keys_are_shown_in_the_order_in_which_they_are_written():
    """Also those that JavaScript would sort as numbers."""
    assert diff_json('{"a": []}', '{"a": {"2": 0, "b": 1, "1": 2}}') == [
        FieldChange("/a", "change", "[]", '{"2":0,"b":1,"1":2}')
    ]


def test_a_surrogate_without_its_partner_is_a_replacement_character():
    """A pair is its character; an escaped backslash before `ud800` is a backslash."""
    base = r'["\\ud800", "\ud83d\udc08", "\ud800", "\udc08"]'
    assert [change.before for change in diff_json(base, "[]")] == [r'["\\ud800","🐈","�","�"]']


scalars = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "\u00e9", "~/", 0.5])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "~/", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)
roots = values.filter(lambda value: isinstance(value, dict | list))


def leaves(value, pointer=""):
    """Return the fields of a value, by pointer."""
    if isinstance(value, dict | list) and value:
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        return {
            at: leaf
            for step, inner in steps
            for at, leaf in leaves(
                inner, f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
            ).items()
        }
    return {pointer: value}


@given(roots, roots)
def test_changes_of_fields_give_the_other_value(base, other):
    """The base's are all there, in its order; those of the other under their pointers."""
    changes = diff_json(json.dumps(base), json.dumps(other, indent=1))
    after, before = {}, []
    for change in changes:
        if change.after is not None:
            after |= leaves(json.loads(change.after), change.pointer)
        if change.before is not None:
            before += leaves(json.loads(change.before)).values()
    assert json.dumps(after, sort_keys=True) == json.dumps(leaves(other), sort_keys=True)
    assert json.dumps(before) == json.dumps(list(leaves(base).values()))


@given(roots)
def test_equal_values_have_only_fields_that_stay(value):
    """Whatever their layout."""
    changes = diff_json(json.dumps(value, indent=2), f"```json\n{json.dumps(value)}\n```")
    assert {change.kind for change in changes} == {"same"}
    assert [change.before for change in changes] == [change.after for change in changes]
