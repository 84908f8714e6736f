"""A conversation in static HTML."""

from __future__ import annotations

from chat_magic.core.request.messages import Message
from chat_magic.view.html.thread_html import thread_html
from chat_magic.view.thread_view import ThreadView


def view(*messages):
    """Return a conversation of these roles and texts."""
    return ThreadView(
        "trip", [Message(role=role, content=text) for role, text in messages], ["2 turns", "a/b"]
    )


def test_answers_are_markdown_and_prompts_are_as_typed():
    """The first line names the thread."""
    html = thread_html(view(("user", "**a**\n  b"), ("assistant", "**c**")))
    assert "thread trip" in html
    assert "2 turns" in html
    assert "**a**\n  b" in html
    assert "<strong>c</strong>" in html


def test_texts_of_users_and_models_are_escaped():
    """Also those of roles that a server may send."""
    evil = "<script>alert(1)</script>\u202e"
    html = thread_html(view(("user", evil), ("assistant", evil), ("system", evil)))
    assert "<script" not in html
    assert "\u202e" not in html
