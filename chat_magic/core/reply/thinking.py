"""Models that think before they answer: how a prompt, or the first token, shows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chat_magic.core.reply.tokens import status_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat_magic.core.reply.reply import TopLogprob

__all__ = ["LIKELY", "NO_THINKING", "begins_thought", "ends_in_thought", "thinking_prob"]

_STARTS = ("<think>", "<thinking>", "[THINK]", "<|channel|>analysis")
"""What begins a thought."""
LIKELY = 0.5
"""From which probability of a thought on a model is taken to think first."""
NO_THINKING = (
    "turn thinking off, such as with "
    'extra={"chat_template_kwargs": {"enable_thinking": false}} or reasoning_effort="none"'
)


def ends_in_thought(prompt: str) -> bool:
    """Whether a prompt ends where the model writes its thoughts next."""
    return prompt.rstrip().endswith(_STARTS)


def begins_thought(token: str) -> bool:
    """Whether a token begins a thought."""
    return token.strip() in _STARTS


def thinking_prob(alternatives: Iterable[TopLogprob]) -> float:
    """Return the probability that the model thinks next, as far as it is listed, 0 to 1."""
    thoughts = {token.token: token.logprob for token in alternatives if begins_thought(token.token)}
    known = [value for value in thoughts.values() if value is not None]
    return math.fsum(math.exp(value) for value in known if status_of(value) == "ok")
