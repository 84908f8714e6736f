"""What must change for one text to become another."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis import diff as diff_module
from chat_magic.analysis.diff import Change, FieldChange, diff, diff_json, units

CASES = json.loads((Path(__file__).parents[1] / "wire" / "diff.json").read_text())
TEXTS = [case for case in CASES if case["by"] != "json"]
FIELDS = [case for case in CASES if case["by"] == "json"]


def about(case):
    return case["about"]


@pytest.mark.parametrize("case", TEXTS, ids=about)
def test_texts_differ_as_worked_out_by_hand(case):
    """The same cases are read by vitest."""
    base, other = (units(case[side], case["by"]) for side in ("base", "other"))
    assert [list(change) for change in diff(base, other)] == case["changes"]


@pytest.mark.parametrize("case", TEXTS, ids=about)
def test_each_case_has_one_shortest_answer(case):
    """Else another library could rightly give another one."""
    base, other = (units(case[side], case["by"]) for side in ("base", "other"))
    assert alignments(base, other)[1] == 1


@pytest.mark.parametrize("case", FIELDS, ids=about)
def test_json_differs_as_worked_out_by_hand(case):
    """The same cases are read by vitest."""
    found = diff_json(case["base"], case["other"])
    rows = found and [[c.kind, c.pointer, c.before, c.after] for c in found]
    assert rows == case["changes"]


@pytest.mark.parametrize("text", ["", "3", '"a"', "no", '{"a": NaN}', "[" * 600 + "]" * 600])
def test_what_is_no_object_or_list_has_no_fields(text):
    """On either side."""
    assert diff_json(text, "{}") is None
    assert diff_json("[]", text) is None


def test_a_list_deep_in_lists_is_compared():
    """Down to 500 levels."""
    base, other = (f"{'[' * 500}{inner}{']' * 500}" for inner in ("1", "2"))
    assert diff_json(base, other) == [FieldChange("/0" * 500, "change", "1", "2")]


def test_numbers_are_the_same_however_they_are_written():
    """As they are in JavaScript."""
    assert diff_json("[1.0, 1e2, 0.5]", "[1, 100, 5e-1]") == [
        FieldChange(f"/{place}", "same", text, text)
        for place, text in enumerate(["1", "100", "0.5"])
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi, my name (Ann).", ["Hi", ",", " my", " name", " (", "Ann", ")", "."]),
        ("don\u2019t e.g. well-known", ["don\u2019t", " e", ".", "g", ".", " well", "-", "known"]),
        ("1,234.5 at 12:30", ["1,234.5", " at", " 12", ":", "30"]),
        ("```py\nx_1 = 'a'\n```", ["```", "py", "\n", "x_1", " =", " '", "a", "'", "\n", "```"]),
        ("a \t\r\n\n    b  ", ["a", " \t\r\n", "\n", "   ", " b", " ", " "]),
        ("\u304a\u8336 tea", ["\u304a", "\u8336", " tea"]),
    ],
)
def test_words_stand_apart_from_punctuation(text, words):
    """A blank goes with what comes after it."""
    assert units(text, "word") == words


def alignments(base, other):
    """Return the length of the longest common subsequence, and in how many places it lies."""

    @cache
    def found(i, j):
        if not (i and j):
            return 0, 1
        size, ways = max((found(i - 1, j), found(i, j - 1)))
        before, twice = found(i - 1, j - 1)
        ways = sum(f[1] for f in (found(i - 1, j), found(i, j - 1)) if f[0] == size)
        ways -= twice if before == size else 0
        if base[i - 1] == other[j - 1]:
            if before + 1 > size:
                return before + 1, twice
            ways += twice
        return size, ways

    return found(len(base), len(other))


words = st.lists(st.sampled_from(["a", " a", " b", "\n", "\u00e9", ""]), max_size=12)
anything = (
    st.text(st.sampled_from("ab .,!\n\t\u00e9\u8336\u0301\U0001f44d'\"3_"), max_size=30) | st.text()
)


def check(base, other):
    """Check that the changes lead from one text to the other, each as long as can be."""
    changes = diff(base, other)
    assert "".join(text for kind, text in changes if kind != "insert") == "".join(base)
    assert "".join(text for kind, text in changes if kind != "delete") == "".join(other)
    assert all(text for _, text in changes)
    order = "".join(kind[0] for kind, _ in changes)
    assert not any(twice in order for twice in ("ss", "ii", "dd", "id")), order


@given(words, words)
def test_changes_applied_to_the_base_give_the_other_text(base, other):
    """Whatever the units are; neighbours are joined, what goes stands before what comes in."""
    check(base, other)


@given(anything, anything, st.sampled_from(["word", "sentence"]))
def test_any_texts_can_be_told_apart(base, other, by):
    """The units of a text are all of it."""
    assert "".join(units(base, by)) == base
    check(units(base, by), units(other, by))


@given(words, words)
def test_texts_too_long_to_compare_keep_what_they_begin_and_end_with(base, other):
    """Found without memory for every pair of units."""
    one, two = ([unit for unit in side if unit] for side in (base, other))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff_module, "_MOST_PAIRS", 0)
        check(base, other)
        kinds = [kind for kind, _ in diff(base, other)]
    assert kinds.count("same") <= 2
    if one and two and one[0] == two[0]:
        assert kinds[0] == "same"


letters = st.lists(st.sampled_from(["a", " a", " b", "\u00e9"]), max_size=12)


@given(letters, letters)
def test_no_fewer_words_could_change(base, other):
    """As many stay as the longest common subsequence has."""
    marked = [[f"{unit}|" for unit in side] for side in (base, other)]
    kept = "".join(text for kind, text in diff(*marked) if kind == "same").count("|")
    assert kept == alignments(base, other)[0]


@given(anything, st.sampled_from(["word", "sentence"]))
def test_a_text_is_the_same_as_itself(text, by):
    """One stretch, or none."""
    assert diff(units(text, by), units(text, by)) == [Change("same", text)] * bool(text)


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
