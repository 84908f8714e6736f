"""A scored text: the log probabilities of its tokens, and between which values they hold it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from chat_magic.core.reply.thinking import LIKELY, thinking_prob
from chat_magic.core.reply.tokens import is_special, status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob, TopLogprob
    from chat_magic.core.request.scoring import Scoring

__all__ = [
    "SCORE",
    "Method",
    "ScoreFacts",
    "ScoredText",
    "alternative_bounds",
    "end_of",
    "facts_of",
    "log_sum",
    "score_chunk",
    "scored_fields",
    "unscored_warnings",
]

Method = Literal["grammar", "steps", "prompt_logprobs", "echo", "alternatives", "search"]
"""How a text was scored: by a grammar that forces its tokens; with some of these read one by one;
as a part of the prompt; as an echo of it; from the alternatives at the first token; or as an answer
that a search has found."""

SCORE = "score"
"""The field of a choice that holds its `ScoreFacts`."""


class ScoreFacts(Struct, frozen=True, kw_only=True):
    """What is known of a scored text besides the log probabilities of its tokens."""

    method: Method
    end_logprob: float | None = None
    """That the answer ends after the text, in nats; None where that is not known."""
    low: float | None = None
    high: float | None = None
    """Bounds of the probability of the text, 0 to 1; None where the tokens give it exactly."""


class ScoredText(Struct, frozen=True, kw_only=True):
    """A text as it was scored."""

    text: str
    tokens: list[TokenLogprob]
    facts: ScoreFacts
    thinks: bool = False
    """Whether the model would think before such an answer."""

    @property
    def lacks_thoughts(self) -> bool:
        """Whether it is scored as an answer without the thoughts that would likely come first."""
        first = self.tokens[0] if self.tokens else None
        listed = (first, *_top(first)) if first is not None else ()
        return self.thinks or thinking_prob(listed) > LIKELY


def score_chunk(index: int, scored: ScoredText, model: str) -> bytes:
    """Return a scored text as a streamed event: the choice of its index, complete."""
    tokens = [_token_json(token) for token in scored.tokens]
    choice = {
        "index": index,
        "delta": {"role": "assistant", "content": scored.text},
        "logprobs": {"content": tokens} if tokens else None,
        "finish_reason": "stop",
        SCORE: scored.facts,
    }
    chunk = {"object": "chat.completion.chunk", "model": model, "choices": [choice]}
    return msgspec.json.encode(chunk)


def _token_json(token: TokenLogprob) -> dict[str, Any]:
    return {**_alternative_json(token), "top_logprobs": [*map(_alternative_json, _top(token))]}


def _alternative_json(token: TopLogprob) -> dict[str, Any]:
    return {"token": token.token, "logprob": token.logprob, "bytes": token.raw_bytes}


def _top(token: TokenLogprob) -> Sequence[TopLogprob]:
    return token.top_logprobs or ()


def scored_fields(facts: ScoreFacts) -> dict[str, Any]:
    """Return the further fields of a choice that was scored."""
    return {SCORE: msgspec.to_builtins(facts)}


def facts_of(choice: Choice) -> ScoreFacts | None:
    """Return what is known of a choice that was scored; None for any other."""
    try:
        return msgspec.convert(choice.extra.get(SCORE), ScoreFacts)
    except msgspec.ValidationError:
        return None


def unscored_warnings(scoring: Scoring | None, choices: Sequence[Choice]) -> tuple[str, ...]:
    """Return a warning where only some of the texts were scored, before an interrupt or a fault."""
    count, asked = len(choices), len(scoring.candidates) if scoring else 0
    if not 0 < count < asked:
        return ()
    return (f"{count} of {asked} texts were scored: `share` and `rank` are among these",)


def alternative_bounds(text: str, alternatives: Mapping[str, float]) -> tuple[float, float]:
    """Return between which probabilities a text begins the answer, by its first token.

    Every way to write the text begins with a token that is a part of it, so that at most all
    alternatives that begin the text lead to it, and all tokens that are not listed.

    Args:
        text: The text.
        alternatives: The log probability of each listed token at the first position, in nats.

    Returns:
        `low`, p of the alternative that is the text, else 0; and `high`, the sum of p over the
        alternatives that begin the text, plus the probability that is not listed.
    """
    probs = {
        token: math.exp(value) for token, value in alternatives.items() if status_of(value) == "ok"
    }
    residual = max(0.0, 1.0 - math.fsum(probs.values()))
    beginning = [prob for token, prob in probs.items() if token and text.startswith(token)]
    return probs.get(text, 0.0), min(1.0, math.fsum(beginning) + residual)


def end_of(token: TokenLogprob | None) -> float | None:
    """Return the log probability that the answer ends at a token, by the texts of its alternatives.

    It is the sum over those that look like control tokens: a lower bound, since further end tokens
    may not be listed. None where there are none.
    """
    if token is None:
        return None
    listed = {other.token: other.logprob for other in (token, *_top(token))}
    ends = [value for text, value in listed.items() if is_special(text) and value is not None]
    known = [value for value in ends if status_of(value) == "ok"]
    return log_sum(known) if known else None


def log_sum(logprobs: Sequence[float]) -> float:
    """Return the log of the sum of probabilities that are given by their logs; -inf of none."""
    most = max(logprobs, default=-math.inf)
    if most == -math.inf:
        return most
    return most + math.log(math.fsum(math.exp(value - most) for value in logprobs))
