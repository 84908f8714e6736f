"""Untrusted text is shown in HTML, and does nothing there."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.view.html.escape import escape, isolated, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("émoji 👩‍👧 مرحبا", "émoji 👩‍👧 مرحبا"),
        ("a\xa0b\u200b", "a\xa0b\u200b"),
    ],
)
def test_markup_is_escaped_and_all_else_stands_as_it_is(text: str, expected: str) -> None:
    assert escape(text) == expected


@pytest.mark.parametrize(
    ("character", "chip"),
    [
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u061c", "U+061C"),
        ("\x1b", "U+001B"),
        ("\x00", "U+0000"),
        ("\r", "U+000D"),
        ("\x85", "U+0085"),
        ("\u2028", "U+2028"),
        ("\ud83d", "U+D83D"),
    ],
)
def test_characters_that_control_or_reorder_become_chips(character: str, chip: str) -> None:
    shown = escape(f"a{character}b")
    assert character not in shown
    assert f">{chip}</span>b" in shown


@pytest.mark.parametrize("character", ["\xa0", "\u200b", "\xad", "\ufeff", "\U000e0041"])
def test_what_only_takes_up_room_is_marked_where_asked(character: str) -> None:
    assert character in escape(character)
    assert f"U+{ord(character):04X}" in escape(character, hidden=True)


def test_a_title_has_its_chips_as_plain_text() -> None:
    assert escape(visible('"\u202e')) == "&quot;U+202E"


def test_an_isolated_text_cannot_reorder_its_surroundings() -> None:
    assert isolated("<עולם>") == "<bdi>&lt;עולם&gt;</bdi>"


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_an_element_other_than_a_chip(text: str) -> None:
    """Whatever a model writes, the parser sees text, and chips that hold no markup."""
    assert set(re.findall(r"<(/?\w*)", escape(text, hidden=True))) <= {"span", "/span"}
    assert html.unescape(escape(visible(text))) == visible(text)
