"""Data of any accepted kind as rows."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic.analysis.row_data import read_data
from chat_magic.core.cell.row_values import RowSample
from chat_magic.errors import InvalidRequest

FRAME = pd.DataFrame({"text": ["a", "b"], "n": [1, 2]})


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (FRAME, [{"text": "a", "n": 1}, {"text": "b", "n": 2}]),
        (FRAME["n"], [{"n": 1}, {"n": 2}]),
        (pd.Series(["a", "b"]), [{"text": "a"}, {"text": "b"}]),
        (["a", "b"], [{"text": "a"}, {"text": "b"}]),
        (("a", None), [{"text": "a"}, {"text": None}]),
        ([{"x": 1}, {"y": "2"}], [{"x": 1}, {"y": "2"}]),
        ({"x": [1, 2], "y": pd.Series([3, 4])}, [{"x": 1, "y": 3}, {"x": 2, "y": 4}]),
        (FRAME[[]], [{}, {}]),
        (FRAME[:0], []),
        ([], []),
        ({}, []),
    ],
)
def test_data_of_each_kind_become_rows(data, rows):
    """A row is a mapping from the columns to its values."""
    read = read_data(data)
    assert list(read.rows) == rows
    assert len(read.frame) == len(rows)


def test_values_are_those_of_python():
    """An integer of numpy would print as one, but not encode as JSON."""
    (row,) = read_data(pd.DataFrame({"i": [1], "x": [0.5], "ok": [True]})).rows
    assert [type(value) for value in row.values()] == [int, float, bool]


def test_an_integer_stays_one_where_another_dict_lacks_it():
    """A table would make it a float."""
    assert read_data([{"n": 3}, {}]).rows[0] == {"n": 3}


@pytest.mark.parametrize(
    ("index", "name", "labels"),
    [
        (None, "row", [0, 1]),
        (pd.Index(["p", "q"], name="document"), "document", ["p", "q"]),
        (pd.Index([7, 7]), "row", [7, 7]),
        (pd.MultiIndex.from_tuples([("p", 1), ("p", 2)], names=["doc", "page"]), "doc · page",
         ["p · 1", "p · 2"]),
        (pd.MultiIndex.from_tuples([("p", 1), ("p", 2)]), "row", ["p · 1", "p · 2"]),
    ],
)  # fmt: skip
def test_the_index_names_the_rows(index, name, labels):
    """An index without a name is called `row`."""
    read = read_data(FRAME if index is None else FRAME.set_index(index))
    assert (read.name, read.labels) == (name, labels)


@pytest.mark.parametrize("data", [FRAME, ["a", "b"], {"text": ["a", "b"]}])
def test_some_rows_are_taken_with_their_labels(data):
    """As a sample says."""
    read = read_data(data, sample=RowSample(1, seed=3))
    (position,) = RowSample(1, seed=3).positions(2)
    assert read.labels == [position]
    assert read.rows[0]["text"] == "ab"[position]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("text", "over: expected a DataFrame, a Series, .*, got str"),
        (3, "over: expected .*, got int"),
        (iter("ab"), "over: expected .*, got str_"),
        (["a", {"b": 1}], "over: item 1 is of type dict, and item 0 of type str: the items must"),
        ({"a": [1], "b": [1, 2]}, "over: the lists must be of the same length, and a has 1, b has"),
        ({"a": 1}, "over a: expected a list of values, got int"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "over: two columns are named 'a'"),
    ],
)
def test_what_has_no_rows_is_refused(data, words):
    """The error says what is expected and what was given."""
    with pytest.raises(InvalidRequest, match=words):
        read_data(data)
