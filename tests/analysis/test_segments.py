"""How texts are cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.segments import kind_of, segments
from chat_magic.errors import InvalidRequest


def texts(text, by):
    return [text[s.start : s.end] for s in segments(text, by)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", " Two!", " Three?"]),
        ("Pi is 3.14 or so. It is.", ["Pi is 3.14 or so.", " It is."]),
        ("See e.g. this one. Good.", ["See e.g. this one.", " Good."]),
        ('He said "No." She left…', ['He said "No."', " She left…"]),
        ("A list:\n1. Ann\n2. Bo. He too", ["A list:\n", "1. Ann\n", "2. Bo.", " He too"]),
        ("Hi.\n\nYou there", ["Hi.\n\n", "You there"]),
        ("\n\nHi. ", ["\n\nHi. "]),
        ("你好。再见。", ["你好。", "再见。"]),
        ("   ", ["   "]),
        ("", []),
    ],
)  # fmt: skip
def test_a_sentence_ends_with_its_mark_or_its_line(text, expected):
    """The space after it belongs to the next, as in tokens."""
    assert texts(text, "sentence") == expected


def test_a_line_has_its_end_and_a_word_the_space_before_it():
    """As tokens do."""
    assert texts("a b\r\n\nc", "line") == ["a b\r\n", "\n", "c"]
    assert texts(" a  b\nc ", "word") == [" a", "  b", "\nc "]


@given(st.text(st.sampled_from("ab1 .!?\n\r\t。'\"é👍\u2028"), max_size=30))
@pytest.mark.parametrize("by", ["sentence", "line", "word"])
def test_together_they_are_the_text(by, text):
    """None is empty, none overlaps, and they are numbered."""
    found = segments(text, by)
    assert "".join(text[s.start : s.end] for s in found) == text
    assert all(s.start < s.end for s in found)
    assert [s.name for s in found] == [str(n) for n in range(len(found))]


def test_a_pattern_gives_its_named_groups_or_its_matches():
    """What matched nothing gives nothing."""
    text = "name: Ada, age: 36"
    assert texts(text, re.compile(r"\d+|$")) == ["36"]
    found = segments(text, re.compile(r"(?P<key>\w+): (?P<value>\w+)(?P<none>x)?"))
    assert [(s.name, text[s.start : s.end]) for s in found] == [
        ("key", "name"), ("value", "Ada"), ("key", "age"), ("value", "36"),
    ]  # fmt: skip


def test_given_spans_are_cut_at_the_end_of_the_text():
    """One past it is left out; the others keep their numbers."""
    assert segments("abc", [(5, 9), (1, 9), (0, 0)]) == [("1", 1, 3)]


@pytest.mark.parametrize(
    "by", ["jsn", 3, [(1,)], [(2, 1)], [(-1, 2)], [("a", "b")], re.compile(b"x")]
)
def test_another_way_to_cut_is_refused_with_those_there_are(by):
    """The value is named."""
    with pytest.raises(InvalidRequest, match="must be 'json', 'sentence', 'line', 'word'"):
        kind_of(by)
