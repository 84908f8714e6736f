"""An error as a bundle of MIME types, for places where no exception is shown."""

from __future__ import annotations

from chat_magic.view.html.elements import page, status_line
from chat_magic.view.text.result_text import terminal_safe


def failure_bundle(model: str, message: str) -> dict[str, str]:
    """Draw an error in place of an answer.

    Args:
        model: The model that was asked.
        message: The error in one line.
    """
    return {
        "text/html": page(status_line(model, (), [message])),
        "text/plain": terminal_safe(f"{model} · {message}"),
    }
