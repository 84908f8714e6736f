"""Why there is no answer, as a bundle of MIME types: where nobody sees the exception."""

from __future__ import annotations

from chat_magic.view.html.result_html import page, status_line
from chat_magic.view.text.result_text import terminal_safe


def failure_bundle(model: str, words: str) -> dict[str, str]:
    """Draw an error in the place of an answer.

    Args:
        model: The model that was asked.
        words: The error in one line.
    """
    return {
        "text/html": page(status_line(model, (), [words])),
        "text/plain": terminal_safe(f"{model} · {words}"),
    }
