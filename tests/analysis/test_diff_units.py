"""The units that a diff compares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.diff_units import units


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


@given(st.text(), st.sampled_from(["word", "sentence"]))
def test_the_units_joined_are_the_text(text, by):
    """None of them is empty."""
    assert "".join(units(text, by)) == text
    assert all(units(text, by))


def test_sentences_include_the_space_before_them():
    """And their line ends."""
    assert units("It rains. We go.\nNow!", "sentence") == ["It rains.", " We go.\n", "Now!"]
