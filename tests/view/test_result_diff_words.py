"""The words that say what changed."""

from __future__ import annotations

import pytest

from chat_magic.view.result_diff_words import changed_rows, value_text
from tests.view.result_diffs import diff


@pytest.mark.parametrize(
    ("value", "words"),
    [("0.2", "0.2"), (None, "not set"), ("a\nb", "a↵b"), ("x" * 90, "x" * 59 + "…"), ("", "")],
)
def test_a_value_takes_one_line(value, words):
    """Cut where it is long."""
    assert value_text(value) == words


def test_shares_have_counts_and_intervals():
    """And a side without answers says so."""
    assert changed_rows(diff(("Hi", "a", "a"), ("Hi",)).answers) == [
        ("a", "2/2 = 100% (34 to 100%)", "no answers")
    ]


def test_few_of_many_answers_are_listed():
    """The rest is counted."""
    rows = changed_rows(diff(("Hi", "a", "b"), ("Hi", *map(str, range(30)))).answers)
    assert (len(rows), rows[-1].name) == (21, "12 more")
