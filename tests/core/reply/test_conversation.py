"""An answer as the next message of a conversation."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.conversation import conversation, message_of
from chat_magic.core.reply.reply import FunctionCall, ToolCall
from chat_magic.core.reply.reply import Message as ReplyMessage
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest


def test_a_conversation_is_the_messages_and_the_answer():
    """A prefill is part of the answer, not a message before it."""
    user = Message(role="user", content="Tell a story")
    answer = Message(role="assistant", content="Once upon")
    request = ChatRequest(messages=(user,))
    assert conversation(request, ReplyMessage(content="Once upon")) == (user, answer)
    prefilled = ChatRequest(messages=(user, Message(role="assistant", content="Once")))
    assert conversation(prefilled, ReplyMessage(content=" upon")) == (user, answer)


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


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (
            {"reasoning": "hm", "reasoning_names": ("reasoning_content",)},
            {"content": "Hi", "reasoning_content": "hm"},
        ),
        (
            {"reasoning": "hm", "reasoning_names": ("reasoning", "reasoning_content")},
            {"content": "Hi", "reasoning": "hm", "reasoning_content": "hm"},
        ),
        (
            {"extra": {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}},
            {
                "content": "Hi",
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}],
            },
        ),
        (
            {"extra": {"thinking_blocks": [{"signature": "s"}]}},
            {
                "content": "Hi",
                "thinking_blocks": [{"signature": "s"}],
            },
        ),
        (
            {"reasoning": "hm", "reasoning_names": ("content",)},
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "Hi"},
                ]
            },
        ),
        ({"reasoning": "hm"}, {"content": "Hi"}),
        ({"extra": {"citations": ["https://a"]}, "annotations": [{}]}, {"content": "Hi"}),
    ],
)
def test_what_the_server_added_goes_back_under_the_name_it_came_in(answer, sent):
    """Reasoning, signatures and other fields; but not what only reports on the answer."""
    message = message_of(ReplyMessage(content="Hi", **answer))
    assert message.to_json() == {"role": "assistant", **sent}


def test_reasoning_alone_is_an_answer_without_text():
    """In parts there is then no empty text."""
    answer = ReplyMessage(reasoning="hm", reasoning_names=("content",))
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert message_of(answer).content == (thinking,)


def test_a_call_of_a_custom_tool_goes_back_as_it_came():
    """Its input is text, not JSON."""
    custom = {"name": "run", "input": "print(1)"}
    call = ToolCall(id="1", type="custom", extra={"custom": custom})
    assert (call.custom.input, call.called) == (
        "print(1)",
        FunctionCall(name="run", arguments="print(1)"),
    )
    sent = message_of(ReplyMessage(tool_calls=(call,))).to_json()["tool_calls"]
    assert sent == [{"id": "1", "type": "custom", "custom": custom}]
    assert ToolCall(id="1").custom is None
