"""An answer as the next message of a conversation."""

from __future__ import annotations

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
