"""A conversation as plain text, as a cell would write its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from chat_magic.view.thread_view import ThreadView


def thread_text(view: ThreadView) -> str:
    """Write a conversation, a paragraph for each message."""
    title = " · ".join([f"thread {view.name}", *view.facts])
    paragraphs = [f"{message.role}: {message.text}" for message in view.drawn]
    return "\n\n".join(map(terminal_safe, [title, *paragraphs]))
