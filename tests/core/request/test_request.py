"""Requests as values: what is sent, what is refused, and what makes two of them equal."""

from __future__ import annotations

import pytest

from chat_magic.core.request.messages import Message
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


def test_unknown_fields_travel_only_where_that_is_wanted():
    """In a JSON body yes, in a YAML block no."""
    assert read_fields({"min_p": 0.1}, allow_extra=True).extra == {"min_p": 0.1}
    with pytest.raises(InvalidRequest, match="unknown field tempreature; did you mean temperature"):
        read_fields({"tempreature": 1}, allow_extra=False)
    with pytest.raises(InvalidRequest, match="known field"):
        read_extra({"model": "a/b"})
    assert read_extra({"temperature": 9}) == {"temperature": 9}


@pytest.mark.parametrize(
    "body",
    [
        {"temperature": 9},
        {"top_logprobs": 50, "logprobs": True},
        {"stop": list("abcde")},
        {"response_format": {"type": "grammar"}},
        {"reasoning_effort": 0.5, "stream": False},
    ],
)
def test_a_value_that_was_sent_as_given_reads_back(body):
    """It is an extra field, since its own would refuse it."""
    sent = {"model": "a/b", "messages": [{"role": "user", "content": "hi"}], **body}
    assert read_sent(sent).body() == {**sent, **read_sent(sent).body()}
    name = next(iter(body))
    assert read_sent(sent).extra[name] == body[name]


@pytest.mark.parametrize(
    ("extra", "warning"),
    [
        (
            {"temperature": 3},
            "temperature 3: sent as given, although the reference says: must be 0 to 2",
        ),
        ({"temperature": 1}, "temperature 1: sent as given"),
        ({"k": 3}, None),
    ],
)
def test_a_known_field_that_is_sent_as_given_is_a_warning(extra, warning):
    """It says what the reference allows."""
    request = ChatRequest(messages=read_messages("hi"), extra=extra)
    assert validate(request).warnings == ((warning,) if warning else ())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"extra": {"k": float("nan")}}, "k nan: is not a number that JSON has"),
        ({"extra": {"k": {"a": [1, {2}]}}}, r"k.a\[1\]: set is not a type that JSON has"),
        ({"extra": {"n": 2}, "parameters": {"n": 1}}, "n: is given both by itself and as an extra"),
    ],
)
def test_a_request_that_cannot_be_sent_names_the_field(fields, words):
    """Nothing is sent."""
    with pytest.raises(InvalidRequest, match=words):
        validate(ChatRequest(messages=read_messages("hi"), **fields))


@pytest.mark.parametrize("model", ["", " ", 5])
def test_a_model_is_a_name(model):
    """Anything else is refused."""
    with pytest.raises(InvalidRequest, match="vendor/model"):
        read_fields({"model": model}, allow_extra=False)
