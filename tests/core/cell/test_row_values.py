"""Rows as variables of templates, and which rows are taken."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.row_values import (
    check_columns,
    column_notices,
    column_value,
    columns_hint,
    read_sample,
    row_of,
    row_variables,
)
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("item", "row"),
    [("Good.", {"text": "Good."}), (3, {"text": 3}), ({"a": 1}, {"a": 1}), ({}, {})],
)
def test_a_mapping_is_a_row_and_anything_else_its_one_column(item, row):
    """The column is called `text`."""
    assert row_of(item) == row


def test_templates_see_the_columns_that_are_identifiers_and_the_whole_row():
    """Any other column is reached through `row`, and so is one that is called `row`."""
    row = {"text": "Good.", "page no": 7, 3: "c", "row": "mine", "größe": 1, "class": "x"}
    variables = row_variables(row)
    assert variables == {"text": "Good.", "größe": 1, "class": "x", "row": row}
    assert variables["row"] is not row


def test_a_template_cannot_change_the_data():
    """`row` is a copy."""
    row = {"text": "Good."}
    row_variables(row)["row"].clear()
    assert row == {"text": "Good."}


@pytest.mark.parametrize(
    ("name", "value"), [("a", 1), (0, 2), ("0", 2), ("1", 3), (1, 4), ("b", None), (2, None)]
)
def test_a_column_is_found_by_its_name_or_its_text(name, value):
    """The name itself comes first."""
    assert column_value({"a": 1, 0: 2, "1": 3, 1: 4}, name) == value


def test_two_columns_of_one_name_are_refused():
    """The error names the column."""
    check_columns(["a", "b"], "over")
    with pytest.raises(InvalidRequest, match="over: two columns are named 'a': rename one"):
        check_columns(["a", "b", "a"], "over")


def test_a_notice_says_which_variable_a_column_hides():
    """Only names that a template uses are worth a line."""
    notices = list(column_notices(["a", "b", "c", "row"], {"a", "b", "row"}, {"a", "c"}, 2))
    assert notices == [
        "the column a hides the variable a of the notebook",
        "row is the whole row: its column of this name is row['row']",
    ]


NO_COLUMN = "the prompt uses no column: all {} are sent as the same request"


@pytest.mark.parametrize(
    ("columns", "used", "n_rows", "notices"),
    [
        (["a"], {"x"}, 2, [NO_COLUMN.format("2 rows")]),
        (["a"], {"x"}, 999, [NO_COLUMN.format("999 rows")]),
        (["a"], {"x"}, 1000, [NO_COLUMN.format("1,000 rows")]),
        (["a"], set(), None, [NO_COLUMN.format("rows")]),
        (["a"], {"x"}, 1, []),
        ([], {"x"}, 2, []),
        (["a"], {"a"}, 2, []),
        (["page no"], {"row"}, 2, []),
    ],
)
def test_a_notice_says_that_the_prompt_uses_no_column(columns, used, n_rows, notices):
    """Several rows would be one request; how many may not be known, and a single row may be."""
    assert list(column_notices(columns, used, set(), n_rows)) == notices


@pytest.mark.parametrize(
    ("columns", "hint"),
    [
        (["a", "b"], "; the columns are a, b"),
        (["a", "page no"], "; the columns are a; write row['page no'] for the column of this name"),
        ([0], "; write row[0] for the column of this name"),
        ([], ""),
    ],
)
def test_the_hint_names_the_columns(columns, hint):
    """A column that no template can name is written through `row`."""
    assert columns_hint(columns) == hint


def test_rows_at_random_keep_the_order_of_the_data():
    """The seed is fixed, so that the same rows are drawn each time; another draws others."""
    drawn = read_sample("5").positions(100)
    assert len(set(drawn)) == 5
    assert list(drawn) == sorted(drawn)
    assert drawn == read_sample(5).positions(100) == read_sample("5:0").positions(100)
    assert drawn != read_sample("5:1").positions(100)


@pytest.mark.parametrize(
    ("word", "positions"),
    [("head:3", [0, 1, 2]), ("head:9", [0, 1, 2, 3]), ("9", [0, 1, 2, 3]), ("4:7", [0, 1, 2, 3])],
)
def test_the_first_rows_are_taken_or_all_if_there_are_no_more(word, positions):
    """Asking for more rows than there are is no error."""
    assert list(read_sample(word).positions(4)) == positions


@pytest.mark.parametrize("word", ["0", "-1", "head:0", "head:3:1", "x", "3:", "1.5", True, ""])
def test_anything_else_is_refused(word):
    """The error says what is expected."""
    with pytest.raises(InvalidRequest, match="expected N or N:SEED for N rows at random, or head:"):
        read_sample(word, "--rows")


def test_nothing_takes_all_rows():
    """None is the default."""
    assert read_sample(None) is None
