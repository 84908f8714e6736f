"""A conversation: the messages of a request, and its answer as the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.request.messages import Message

if TYPE_CHECKING:
    from chat_magic.core.reply import reply
    from chat_magic.core.request.request import ChatRequest


def conversation(request: ChatRequest, answer: reply.Message) -> tuple[Message, ...]:
    """Return the messages of a request and the answer, which begins with the request's prefill."""
    before = request.messages[:-1] if request.prefill else request.messages
    return (*before, message_of(answer, request.prefill))


def message_of(message: reply.Message, prefill: str = "") -> Message:
    """Return the message of the API that sends an answer back to the model.

    Args:
        message: The message of a choice.
        prefill: What the choice continues from; it comes first in the content.
    """
    extra: dict[str, Any] = {}
    if message.refusal is not None:
        extra["refusal"] = message.refusal
    if message.tool_calls:
        extra["tool_calls"] = [_call_to_json(call) for call in message.tool_calls]
    if message.function_call is not None:
        extra["function_call"] = msgspec.to_builtins(message.function_call)
    if message.audio is not None:
        extra["audio"] = {"id": message.audio.get("id")}
    content = prefill + (message.content or "")
    return Message(role="assistant", content=content or message.content, extra=extra)


def _call_to_json(call: reply.ToolCall) -> dict[str, Any]:
    function = msgspec.to_builtins(call.function)
    return {"id": call.id, "type": call.type, "function": function, **call.extra}
