"""Answers without any text, and why they are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.reply import Choice, Reply
    from chat_magic.core.request.request import ChatRequest


def empty_answers(request: ChatRequest, reply: Reply) -> Iterator[str]:
    """Yield a warning for each choice without text, refusal, tool call, audio or image.

    Args:
        request: What was asked.
        reply: The whole answer to it.
    """
    for choice in reply.choices:
        if _is_empty(choice):
            label = f"choice {choice.index}" if len(reply.choices) > 1 else "the answer"
            yield f"{label} is empty: {_reason(request, reply, choice)}"


def _is_empty(choice: Choice) -> bool:
    message = choice.message
    has_calls = message.tool_calls or message.function_call
    has_media = message.audio or message.extra.get("images") or message.extra.get("content")
    return not (choice.text or message.refusal or has_calls or has_media)


def _reason(request: ChatRequest, reply: Reply, choice: Choice) -> str:
    has_reasoned = bool(choice.reasoning or _reasoning_tokens(reply))
    if choice.finish_reason == "length":
        budget = _budget(request)
        if has_reasoned:
            return f"reasoning took the whole budget{f' of {budget}' if budget else ''}"
        return f"it was cut off before any text ({budget or 'finish_reason length'})"
    if choice.finish_reason == "content_filter":
        return "a content filter stopped it (finish_reason content_filter)"
    end = f"finish_reason {choice.finish_reason}"
    if has_reasoned:
        return f"the model ended after its reasoning ({end})"
    return f"the model ended before any text ({end})"


def _reasoning_tokens(reply: Reply) -> int:
    details = (reply.usage and reply.usage.completion_tokens_details) or {}
    count = details.get("reasoning_tokens")
    return count if isinstance(count, int) else 0


def _budget(request: ChatRequest) -> str:
    for name in ("max_completion_tokens", "max_tokens"):
        for fields in (request.parameters, request.extra):
            if isinstance(value := fields.get(name), int):
                return f"{name} {value}"
    return ""
