"""Requests as values: what is sent, what is refused, and what makes two of them equal."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.conversation import message_of
from chat_magic.core.reply.reply import FunctionCall, ToolCall
from chat_magic.core.reply.reply import Message as ReplyMessage
from chat_magic.core.request.messages import Message, from_json
from chat_magic.core.request.request import (
    ChatRequest,
    read_extra,
    read_fields,
    read_messages,
    read_sent,
    validate,
)
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

HI = (Message(role="user", content="hi"),)
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({}, STREAMED),
        ({"temperature": 0.5}, {"temperature": 0.5, **STREAMED}),
        ({"temperature": UNSET}, STREAMED),
        ({"stream": False}, {"stream": False}),
        ({"stream": False, "stream_options": {"include_usage": True}}, {"stream": False}),
        ({"stream": UNSET}, {}),
        ({"stream_options": {"x": 1}}, {"stream": True, "stream_options": {"x": 1}}),
        ({"stream_options": UNSET}, {"stream": True}),
    ],
)
def test_only_what_was_set_is_sent_and_streaming(parameters, sent):
    """An unset parameter is never sent as a default."""
    body = ChatRequest(model="a/b", messages=HI, parameters=parameters).body()
    assert body == {"model": "a/b", "messages": [{"role": "user", "content": "hi"}], **sent}
    assert read_sent(body).body() == body


def test_equal_requests_have_one_fingerprint_and_others_another():
    """The order in which parameters were set does not matter."""
    one = ChatRequest(messages=HI, parameters={"n": 1, "seed": 2})
    two = ChatRequest(messages=HI, parameters={"seed": 2, "n": 1})
    assert one == two
    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint() != ChatRequest(messages=HI).fingerprint()


def test_a_last_assistant_message_is_the_prefill():
    """Others are none."""
    last = Message(role="assistant", content="Once")
    assert ChatRequest(messages=(*HI, last)).prefill == "Once"
    assert ChatRequest(messages=(last, *HI)).prefill == ""


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ChatRequest(), "no messages"),
        (ChatRequest(messages=(*HI, Message(role="assistant", content=""))), "empty assistant"),
        (ChatRequest(messages=HI, parameters={"top_logprobs": 1}), "requires logprobs"),
        (ChatRequest(messages=HI, extra={"x": {1, 2}}), "JSON"),
        (ChatRequest(messages=HI, extra={"x": float("nan")}), "JSON"),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused(request_, words):
    """Before anything is sent."""
    with pytest.raises(InvalidRequest, match=words):
        validate(request_)


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


def test_unknown_fields_travel_only_where_that_is_wanted():
    """In a JSON body yes, in a YAML block no."""
    assert read_fields({"min_p": 0.1}, allow_extra=True).extra == {"min_p": 0.1}
    with pytest.raises(InvalidRequest, match="unknown field tempreature; did you mean temperature"):
        read_fields({"tempreature": 1}, allow_extra=False)
    with pytest.raises(InvalidRequest, match="known field"):
        read_extra({"temperature": 9})


@pytest.mark.parametrize("model", ["", " ", 5])
def test_a_model_is_a_name(model):
    """Anything else is refused."""
    with pytest.raises(InvalidRequest, match="vendor/model"):
        read_fields({"model": model}, allow_extra=False)


def test_an_answer_becomes_the_message_of_the_next_request():
    """With the prefill before it, and its tool calls and refusal."""
    assert message_of(ReplyMessage(content=" upon"), "Once").to_json() == {
        "role": "assistant",
        "content": "Once upon",
    }
    call = ToolCall(id="1", function=FunctionCall(name="f", arguments="{}"))
    assert message_of(ReplyMessage(tool_calls=(call,))).to_json() == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    }
    assert message_of(ReplyMessage(refusal="no")).extra == {"refusal": "no"}
