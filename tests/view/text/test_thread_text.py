"""A conversation as plain text."""

from __future__ import annotations

from chat_magic.core.request.messages import Message
from chat_magic.view.text.thread_text import thread_text
from chat_magic.view.thread_view import ThreadView


def test_each_message_is_a_paragraph_with_its_role():
    """As a cell would write it; nothing has an effect on the terminal."""
    messages = [
        Message(role="system", content="Be brief."),
        Message(role="user", content="a\n\x1b[31mb"),
    ]
    text = thread_text(ThreadView("trip", messages, ["1 turn", "a/b"]))
    assert text == "thread trip · 1 turn · a/b\n\nsystem: Be brief.\n\nuser: a\nb"
