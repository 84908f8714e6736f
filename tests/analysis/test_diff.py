"""What must change for one text to become another."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis import diff as diff_module
from chat_magic.analysis.diff import Change, common_blocks, diff
from chat_magic.analysis.diff_units import units

CASES = json.loads((Path(__file__).parents[1] / "wire" / "diff.json").read_text())
TEXTS = [case for case in CASES if case["by"] != "json"]
DRAWN = json.loads((Path(__file__).parents[1] / "wire" / "diff_cases.json").read_text())


def about(case):
    return case["about"]


@pytest.mark.parametrize("case", TEXTS, ids=about)
def test_texts_differ_as_worked_out_by_hand(case):
    """The same cases are read by vitest."""
    base, other = (units(case[side], case["by"]) for side in ("base", "other"))
    assert [list(change) for change in diff(base, other)] == case["changes"]


@pytest.mark.parametrize("by", ["word", "sentence"])
def test_drawn_texts_differ_as_stored(by):
    """`python -m tests.wire.make_diff` draws other cases; vitest reads the same ones."""
    for case in DRAWN:
        if case["by"] == by:
            base, other = (units(case[side], by) for side in ("base", "other"))
            assert [list(change) for change in diff(base, other)] == case["changes"], case["about"]


@pytest.mark.parametrize("case", TEXTS, ids=about)
def test_each_case_has_one_shortest_answer(case):
    """Else another library could rightly give another one."""
    base, other = (units(case[side], case["by"]) for side in ("base", "other"))
    assert alignments(base, other)[1] == 1


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff_module, "MAX_DIFF_WORK", 0)
        check(base, other)
        *blocks, _ = common_blocks(base, other)
    assert all(
        start == other_start == 0 or (len(base) - start, len(other) - other_start) == (size, size)
        for start, other_start, size in blocks
    )
    if base and other and base[0] == other[0]:
        assert blocks[0][:2] == (0, 0)


def kept_by_rule(base, other):
    """Return the pairs of places that stay by the rules 1 and 3 of `diff`."""
    start = 0
    while start < min(len(base), len(other)) and base[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(base), len(other)) - start and base[-1 - end] == other[-1 - end]:
        end += 1
    i, j = len(base) - end, len(other) - end
    kept = [(place, place) for place in range(start)]
    kept += [(i + place, j + place) for place in range(end)]

    @cache
    def longest(i, j):
        if start in (i, j):
            return 0
        if base[i - 1] == other[j - 1]:
            return longest(i - 1, j - 1) + 1
        return max(longest(i - 1, j), longest(i, j - 1))

    while i > start and j > start:
        if longest(i - 1, j) == longest(i, j):
            i -= 1
        elif longest(i, j - 1) == longest(i, j):
            j -= 1
        else:
            i, j = i - 1, j - 1
            kept.append((i, j))
    return sorted(kept)


@given(st.lists(st.sampled_from("abc"), max_size=14), st.lists(st.sampled_from("abc"), max_size=14))
def test_of_several_shortest_scripts_the_documented_one_is_chosen(base, other):
    """So that another algorithm can find the same one."""
    found = [
        (start + step, other_start + step)
        for start, other_start, size in common_blocks(base, other)
        for step in range(size)
    ]
    assert found == kept_by_rule(base, other)


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


@pytest.mark.parametrize("case", TEXTS, ids=about)
def test_without_rapidfuzz_the_changes_are_correct_too(case, monkeypatch):
    """It has no wheel for WebAssembly; the standard library's changes may be more."""
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    base, other = (units(case[side], case["by"]) for side in ("base", "other"))
    changes = diff(base, other)
    assert applied(changes, leaving="insert") == "".join(base)
    assert applied(changes, leaving="delete") == "".join(other)


def applied(changes, *, leaving):
    """Return one of the texts: the changes joined, without those of one kind."""
    return "".join(change.text for change in changes if change.kind != leaving)
