"""A distribution in a terminal."""

from __future__ import annotations

import pytest

from chat_magic.view.distribution_tree import TreeRow
from chat_magic.view.text.distribution_text import HATCH, distribution_text, row_words


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("text", "a", "a"),
        ("end", "", "(end)"),
        ("cut", "a", "a… (cut)"),
        ("open", "a", "a …"),
        ("unseen", "unseen", "(unseen)"),
    ],
)
def test_each_kind_of_row_has_its_words(kind, text, words):
    """So that it reads without colours."""
    assert row_words(TreeRow(indent="", text=text, prob=0.5, kind=kind)) == words


def test_a_row_has_a_bar_of_its_probability():
    """Hatched where it was not seen."""
    rows = [
        TreeRow(indent="├ ", text="a", prob=0.5, kind="end"),
        TreeRow(indent="└ ", text="unseen", prob=0.1, kind="unseen"),
    ]
    lines = distribution_text(["a/b", "facts"], rows).splitlines()
    assert lines[0] == "a/b · facts"
    assert lines[1] == " 50.0 % ├ a " + "█" * 15
    assert lines[2] == " 10.0 % └ (unseen) " + HATCH * 3
