"""The messages of a request, as JSON."""

from __future__ import annotations

import pytest

from chat_magic.core.request.messages import from_json
from chat_magic.core.request.request import read_messages
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("hi", r"messages\[0\]: must be an object"),
        ({"content": "x"}, "role None"),
        ({"role": "usre", "content": "x"}, "did you mean user"),
        ({"role": "user"}, "requires content"),
        ({"role": "user", "content": 1}, "text or a list of parts"),
        ({"role": "user", "content": ["x"]}, "text or a list of parts"),
        ({"role": "user", "content": "x", "name": 1}, "must be text"),
        ({"role": "tool", "content": "x"}, "tool_call_id"),
    ],
)
def test_what_is_no_message_is_refused_with_its_number(message, words):
    """The error says which message, and what it lacks."""
    with pytest.raises(InvalidRequest, match=words):
        read_messages([message])


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "hi"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}], "name": "ada"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "22", "tool_call_id": "1"},
        {"role": "user", "content": "hi", "cache_control": {"type": "ephemeral"}},
    ],
)
def test_a_message_is_sent_as_it_was_given(message):
    """Unknown fields travel."""
    assert from_json(message, "m").to_json() == message
