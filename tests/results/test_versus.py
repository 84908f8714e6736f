"""Variants of two results, compared on the rows that both have."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic.errors import InvalidRequest
from chat_magic.results.versus import same_row
from tests.results.checked import grid_of, result_of

ROWS = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}, {"text": "c", "label": "x"}]
FIRST = grid_of({"A": ["x", "y", "x"]}, ROWS).check("answer == label")
SECOND = grid_of({"A": ["x", "x", "x"], "B": ["y", "x", "y"]}, ROWS).check("answer == label")


def test_results_with_one_variant_are_compared_as_they_are():
    """Titles that are the same are told apart."""
    other = grid_of({"A": ["y", "x", "x"]}, ROWS).check("answer == label")
    versus = chat_magic.versus(FIRST, other)
    assert (versus.a, versus.b, versus.rows) == ("A (first)", "A (second)", 3)
    assert versus.difference == pytest.approx(2 / 3)


def test_one_of_several_variants_is_named_with_its_results():
    """By its place, its title or its coordinates."""
    for second in ((SECOND, "B"), (SECOND, 1), (SECOND, {"prompt": "B"})):
        assert chat_magic.versus(FIRST, second).difference == pytest.approx(1.0)


def test_rows_are_paired_by_their_index_wherever_they_stand():
    """Row 5 of the second is not in the first."""
    rows = [ROWS[2], {"text": "d", "label": "x"}, ROWS[0]]
    second = grid_of({"A": ["y", "x", "x"]}, rows, titles=["2", "5", "0"]).check("answer == label")
    versus = chat_magic.versus(FIRST, second)
    assert (versus.rows, versus.unpaired, versus.difference) == (2, 2, 0.5)


@pytest.mark.parametrize(
    ("rows", "titles", "words"),
    [
        ([ROWS[0], ROWS[2], ROWS[2]], None, "versus: 2 of 3 rows pair"),
        (ROWS, ["x", "y", "z"], "versus: 0 of 3 rows pair"),
    ],
)
def test_rows_with_other_data_do_not_pair(rows, titles, words):
    """The error says how many do."""
    other = grid_of({"A": ["x", "y", "x"]}, rows, titles=titles).check("answer == label")
    with pytest.raises(InvalidRequest) as caught:
        chat_magic.versus(FIRST, other)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (FIRST, SECOND, "versus, second: has several variants: give a pair of the results and one"),
        (FIRST, "B", "versus, second: str is not a chat result"),
        ((FIRST, "C"), FIRST, "variant C: there is no such variant"),
        (result_of("x"), FIRST, "the answers are not checked"),
    ],
)
def test_what_is_not_a_checked_variant_is_refused(first, second, words):
    """In one line."""
    with pytest.raises(InvalidRequest) as caught:
        chat_magic.versus(first, second)
    assert words in str(caught.value)


def test_a_comparison_is_drawn_as_its_sentence():
    """In HTML and in text, what a title holds being text."""
    answers = {"<b>": ["x", "y", "x"], "A": ["x", "x", "x"]}
    versus = grid_of(answers, ROWS).check("answer == label").versus(0, 1)
    drawn = versus._repr_mimebundle_()
    assert drawn["text/plain"] == versus.sentence == str(versus)
    assert "<b>" not in drawn["text/html"]
    assert "&lt;b&gt;" in drawn["text/html"]
    assert repr(versus) == f"<Versus {versus.sentence}>"


@pytest.mark.parametrize(
    ("row", "other", "same"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": float("nan")}, {"a": float("nan")}, True),
        ({"a": float("nan")}, {"a": 1.0}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": [1, 2]}, {"a": [1, 2]}, True),
        (None, None, True),
        (None, {"a": 1}, False),
    ],
)
def test_rows_are_the_same_if_their_values_are(row, other, same):
    """NaN equals NaN here."""
    assert same_row(row, other) is same


def test_arrays_are_compared_by_what_they_show():
    """They have no truth of their own."""
    import numpy as np

    assert same_row({"a": np.array([1, 2])}, {"a": np.array([1, 2])})
    assert not same_row({"a": np.array([1, 2])}, {"a": np.array([1, 3])})
