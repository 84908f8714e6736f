"""A prompt in a terminal."""

from __future__ import annotations

from chat_magic.view.text.model_input_text import model_input_text


def test_control_characters_are_not_sent_to_the_terminal():
    """The text may have any."""
    assert "\x1b" not in model_input_text("m", ["3 tokens"], [], "a\x1b[31mb")
