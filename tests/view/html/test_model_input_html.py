"""A prompt in static HTML."""

from __future__ import annotations

from chat_magic.core.reply.prompt_parts import PromptToken
from chat_magic.view.html.model_input_html import model_input_html
from tests.view.html.sanitizer import dropped


def test_parts_of_a_character_are_joined():
    """Unknown bytes are a replacement character."""
    tokens = [PromptToken(id=n, content=bytes([byte])) for n, byte in enumerate("é".encode())]
    html = model_input_html("m", [], [], [*tokens, PromptToken(id=9, content=None)], 0)
    assert "é\ufffd" in html


def test_its_look_survives_the_sanitizer():
    """Of an untrusted notebook."""
    tokens = [PromptToken(id=1, content=b"<s>", is_special=True), PromptToken(id=2, content=b"a")]
    assert dropped(model_input_html("m", ["2 tokens"], ["odd"], tokens, 1)) == []


def test_invisible_characters_are_shown():
    """Such as a typo that nobody sees."""
    html = model_input_html("m", [], [], [PromptToken(id=1, content="a\u200bb".encode())], 0)
    assert "U+200B" in html
