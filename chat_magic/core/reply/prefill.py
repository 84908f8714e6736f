"""Whether an answer continues the prefill of its request, or is a new turn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat_magic.core.reply.reply import Choice, Reply
    from chat_magic.core.request.config import Prefill
    from chat_magic.core.request.request import ChatRequest

_SHORTEST = 4
"""Characters of a prefill from which on its repetition is no coincidence."""
_SHORTEST_BEGINNING = 16
"""Characters of its beginning that are enough where the rest is worded differently."""
_NEW_TURN = re.compile(
    r"\s*(?:<\|(?:im_start|im_end|start_header_id|eot_id|assistant|end|start)\|>"
    r"|<(?:start|end)_of_turn>|</s>|\[INST\]|assistant\s*[:\n])"
)
"""What chat templates put between turns."""
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n```\s*\Z", re.DOTALL)
_HELP = 'if the server is vLLM, set prefill = "vllm" in its [endpoints] of chat_magic.toml'


def check_prefill(
    request: ChatRequest, reply: Reply, prefill: Prefill | None
) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request as its answer took it, and warnings about a prefill not continued.

    Args:
        request: What was asked.
        reply: The answer.
        prefill: What the server is known to do with a final assistant message.

    Returns:
        The same request if the answer continues its prefill, or it has none; else one whose last
        message is an ordinary one.
    """
    if not request.prefill or not any(choice.text for choice in reply.choices):
        return request, ()
    if prefill == "none":
        why, advice = "this server continues none", "its answer is a new turn"
    else:
        reason = _reason(request.prefill, reply.choices)
        if reason is None:
            return request, ()
        why, advice = f"the answer {reason}, so it was not continued", _HELP
    return replace(request, continues=False), (f"prefill: {why}; {advice}",)


def starts_new_turn(text: str) -> bool:
    """Whether a text begins with what chat templates put between turns."""
    return _NEW_TURN.match(text) is not None


def _reason(prefill: str, choices: Iterable[Choice]) -> str | None:
    """Return why the choices do not continue the prefill; None if they may do so."""
    texts = [choice.text for choice in choices if choice.text]
    if any(map(starts_new_turn, texts)):
        return "starts a new turn"
    if any(_repeats(prefill.strip(), text.lstrip()) for text in texts):
        return "repeats it"
    if prefill.lstrip()[:1] in ("{", "[") and any(_is_whole(prefill, text) for text in texts):
        return "starts its JSON anew"
    return None


def _repeats(prefill: str, text: str) -> bool:
    if len(prefill) >= _SHORTEST and text.startswith(prefill):
        return True
    return len(prefill) >= _SHORTEST_BEGINNING and text.startswith(prefill[:_SHORTEST_BEGINNING])


def _is_whole(prefill: str, text: str) -> bool:
    """Whether a text is JSON by itself, and none after the prefill."""
    fenced = _FENCE.match(text)
    text = fenced[1] if fenced else text
    is_object = text.lstrip()[:1] in ("{", "[")
    return is_object and _is_json(text) and not _is_json(prefill + text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
