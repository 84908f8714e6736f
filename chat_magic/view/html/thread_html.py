"""A conversation as static HTML: the messages one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.html.elements import EXACT, LINE, page, state_html, status_line
from chat_magic.view.html.escape import escape
from chat_magic.view.html.markdown import render

if TYPE_CHECKING:
    from chat_magic.view.thread_view import ThreadMessage, ThreadView

_MESSAGE = f"border-left:{LINE};padding:0 0 0 12px;margin:0 0 10px 0"


def thread_html(view: ThreadView) -> str:
    """Draw a conversation; answers are Markdown, all other messages are drawn as they are."""
    messages = "".join(map(_message, view.drawn))
    return page(status_line(f"thread {view.name}", view.facts) + messages)


def _message(message: ThreadMessage) -> str:
    is_answer = message.role == "assistant"
    text = escape(message.text)
    content = render(message.text) if is_answer else f'<div style="{EXACT}">{text}</div>'
    return f'<div style="{_MESSAGE}">{state_html(message.role)}{content}</div>'
