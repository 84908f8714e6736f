"""Answers without any text, and why they are empty."""

from __future__ import annotations

from typing import Any

import pytest

from chat_magic.core.reply.empty_answer import empty_answers
from chat_magic.core.reply.reply import Choice, FunctionCall, Message, Reply, ToolCall, Usage
from chat_magic.core.request.request import ChatRequest


def warnings(message: Message, end: str = "length", usage: Usage | None = None, **given: Any):
    reply = Reply(choices=(Choice(index=0, message=message, finish_reason=end),), usage=usage)
    return list(empty_answers(ChatRequest(parameters=given), reply))


REASONED = Usage(completion_tokens_details={"reasoning_tokens": 64})


@pytest.mark.parametrize(
    ("warned", "words"),
    [
        (
            warnings(Message(reasoning="hm"), max_completion_tokens=64),
            "reasoning took the whole budget of max_completion_tokens 64",
        ),
        (
            warnings(Message(), usage=REASONED, max_tokens=64),
            "reasoning took the whole budget of max_tokens 64",
        ),
        (warnings(Message(reasoning="hm")), "reasoning took the whole budget"),
        (
            warnings(Message(), max_completion_tokens=1),
            "it was cut off before any text (max_completion_tokens 1)",
        ),
        (warnings(Message()), "it was cut off before any text (finish_reason length)"),
        (warnings(Message(), "stop"), "the model ended before any text (finish_reason stop)"),
        (
            warnings(Message(reasoning="hm"), "stop"),
            "the model ended after its reasoning (finish_reason stop)",
        ),
        (
            warnings(Message(), "content_filter"),
            "a content filter stopped it (finish_reason content_filter)",
        ),
    ],
)
def test_an_empty_answer_says_why(warned, words):
    """By its finish reason, the reasoning and the limit that was set."""
    assert warned == [f"the answer is empty: {words}"]


@pytest.mark.parametrize(
    "message",
    [
        Message(content="a"),
        Message(refusal="no"),
        Message(tool_calls=(ToolCall(id="a"),)),
        Message(function_call=FunctionCall(name="f")),
        Message(audio={"id": "a"}),
        Message(extra={"images": [{"type": "image_url"}]}),
        Message(extra={"content": [{"type": "image_url"}]}),
    ],
)
def test_an_answer_is_more_than_its_text(message):
    """A refusal, a call, a sound and an image are answers."""
    assert warnings(message) == []


def test_of_several_choices_the_empty_one_is_named():
    """By its index."""
    choices = (
        Choice(index=0, message=Message(content="a"), finish_reason="stop"),
        Choice(index=1, finish_reason="stop"),
    )
    (warned,) = empty_answers(ChatRequest(), Reply(choices=choices))
    assert warned == "choice 1 is empty: the model ended before any text (finish_reason stop)"
