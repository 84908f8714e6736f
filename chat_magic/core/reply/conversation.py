"""A conversation: the messages of a request, and its answer as the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.request.messages import Message

if TYPE_CHECKING:
    from chat_magic.core.reply import reply
    from chat_magic.core.request.request import ChatRequest

_OUTPUT_ONLY = frozenset({"citations", "content", "executed_tools", "search_results"})
"""Fields that report on an answer, and content that is of no known type."""


def conversation(request: ChatRequest, answer: reply.Message) -> tuple[Message, ...]:
    """Return the messages of a request and the answer, which begins with the request's prefill."""
    before = request.messages[:-1] if request.prefill else request.messages
    return (*before, message_of(answer, request.prefill))


def message_of(message: reply.Message, prefill: str = "") -> Message:
    """Return the message of the API that sends an answer back to the server that wrote it.

    Reasoning and the server's own fields go back under the names they came in;
    `without_server_fields` makes it a message for any other server.

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
    own = {name: value for name, value in message.extra.items() if name not in _OUTPUT_ONLY}
    reasoning = dict.fromkeys(message.reasoning_names, message.reasoning)
    is_part = reasoning.pop("content", None) is not None
    content = prefill + (message.content or "")
    return Message(
        role="assistant",
        content=_parts(message.reasoning, content) if is_part else content or message.content,
        extra={**own, **reasoning, **extra},
    )


def _parts(reasoning: str | None, content: str) -> tuple[dict[str, Any], ...]:
    """Return reasoning and text as the parts in which Mistral sends and takes them."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": reasoning}]}
    return (thinking, {"type": "text", "text": content}) if content else (thinking,)


def _call_to_json(call: reply.ToolCall) -> dict[str, Any]:
    if call.custom:
        return {"id": call.id, "type": call.type, **call.extra}
    function = msgspec.to_builtins(call.function)
    return {"id": call.id, "type": call.type, "function": function, **call.extra}
