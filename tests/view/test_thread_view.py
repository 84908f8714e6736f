"""A conversation as a value that notebooks draw."""

from __future__ import annotations

import pytest

from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.view.thread_view import ThreadView

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at":1}'}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Message(role="user", content="Hi"), "Hi"),
        (
            Message(role="user", content=({"type": "text", "text": "See"}, IMAGE)),
            "See\n[image_url]",
        ),
        (Message(role="user", content=(Attachment(kind="image", source="a.png"),)), "[image]"),
        (
            Message(role="assistant", content=None, extra={"tool_calls": [CALL]}),
            '[calls look({"at":1})]',
        ),
        (Message(role="assistant", content="Ah.", extra={"tool_calls": []}), "Ah."),
        (Message(role="user", content=""), ""),
        (Message(role="user", content="x" * 20_001), "x" * 20_000 + "… (1 characters left out)"),
    ],
)
def test_a_message_is_drawn_with_what_it_says(message, text):
    """Attachments and calls by their names."""
    (drawn,) = ThreadView("trip", [message], []).drawn
    assert drawn == (message.role, text)


def test_it_is_drawn_as_html_and_as_text():
    """Both hold all messages."""
    view = ThreadView("trip", [Message(role="user", content="Hi")], ["1 turn"])
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    for text in bundle.values():
        assert "Hi" in text
        assert "trip" in text
