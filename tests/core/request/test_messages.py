"""The messages of a request, as JSON."""

from __future__ import annotations

import pytest

from chat_magic.core.request.messages import from_json, without_server_fields
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


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}


@pytest.mark.parametrize(
    ("message", "elsewhere"),
    [
        ({"content": "a", "reasoning_content": "hm"}, {"content": "a"}),
        ({"content": "a", "reasoning": "hm", "reasoning_details": [{}]}, {"content": "a"}),
        ({"content": "a", "refusal": "no"}, {"content": "a", "refusal": "no"}),
        (
            {"content": None, "tool_calls": [{**CALL, "extra_content": {"google": {}}}]},
            {"content": None, "tool_calls": [CALL]},
        ),
        ({"content": [THINKING, {"type": "text", "text": "a"}]}, {"content": "a"}),
        ({"content": [THINKING]}, {"content": None}),
        ({"content": "a", "name": "Ada"}, {"content": "a", "name": "Ada"}),
        ({"content": None, "tool_calls": ["x"]}, {"content": None, "tool_calls": ["x"]}),
    ],
)
def test_another_server_gets_only_the_fields_of_the_api(message, elsewhere):
    """Of an assistant message; what one server added, another refuses."""
    read = from_json({"role": "assistant", **message}, "m")
    assert without_server_fields(read).to_json() == {"role": "assistant", **elsewhere}


def test_what_the_user_wrote_goes_to_any_server():
    """Such as a mark for the cache."""
    marked = from_json({"role": "user", "content": "a", "cache_control": {}}, "m")
    assert without_server_fields(marked) is marked
