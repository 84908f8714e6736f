"""The metrics of one choice: its length, and how sure the model was of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.missing_tokens import missing_tokens
from chat_magic.core.reply.tokens import probability, status_of, token_bytes, well_formed
from chat_magic.view.text_segments import perplexity
from chat_magic.view.token_roles import tokens_in_text, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceMetrics:
    """Named and defined as in the table of choices; None where unknown."""

    n_tokens: int | None
    perplexity: float | None
    mean_logprob: float | None
    """In nats a token."""
    joint_logprob: float | None
    """In nats."""
    bits_per_byte: float | None
    min_prob: float | None
    n_missing: int = 0
    """Tokens that lack a log probability: the sum is an upper bound then."""


def choice_metrics(choice: Choice, usage: Usage | None = None) -> ChoiceMetrics:
    """Return the metrics of the content of a choice, or else of its refusal.

    Args:
        choice: The choice.
        usage: The request's usage if this is its only choice, for the number of tokens.
    """
    tokens, n_all = tokens_in_text(choice), len(tokens_of(choice))
    n_missing = missing_tokens(choice, usage)
    known = [t.logprob or 0.0 for t in tokens if status_of(t.logprob) == "ok"]
    joint = math.fsum(known) if known else None
    probs = [prob for t in tokens if (prob := probability(t.logprob)) is not None]
    return ChoiceMetrics(
        n_tokens=n_all + n_missing or (usage.completion_tokens if usage else None),
        perplexity=perplexity(tokens),
        mean_logprob=None if joint is None else joint / len(known),
        joint_logprob=joint,
        bits_per_byte=(
            None if n_missing else _bits_per_byte(tokens, choice.text or choice.refusal or "")
        ),
        min_prob=min(probs, default=None),
        n_missing=n_missing,
    )


def _bits_per_byte(tokens: Sequence[TokenLogprob], text: str) -> float | None:
    """Return the information of a text per UTF-8 byte; None unless known tokens spell it."""
    target = well_formed(text).encode()
    data = [token_bytes(token.token, bytes(token.raw_bytes)) or b"" for token in tokens]
    head = b"".join(data).rfind(target)
    if not target or head < 0:
        return None
    end, total = -head, 0.0
    for token_data, token in zip(data, tokens, strict=True):
        start, end = end, end + len(token_data)
        if start < len(target) and end > 0:
            if status_of(token.logprob) != "ok":
                return None
            total -= token.logprob or 0.0
    return total / (math.log(2) * len(target))
