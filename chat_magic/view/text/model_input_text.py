"""A prompt as the model reads it, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["model_input_text"]


def model_input_text(model: str, facts: Sequence[str], warnings: Sequence[str], text: str) -> str:
    """Draw a prompt: a line of facts, what is odd about it, and its text."""
    lines = [" · ".join([f"what {model} reads", *facts]), *(f"! {words}" for words in warnings)]
    return terminal_safe("\n".join([*lines, "", text]))
