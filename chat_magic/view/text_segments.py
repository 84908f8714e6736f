"""The tokens of an answer as segments of readable text, each with its probability."""

from __future__ import annotations

import codecs
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.missing_tokens import own_alternative
from chat_magic.core.reply.tokens import (
    BIN_EDGES,
    Status,
    bin_of,
    probability,
    status_of,
    token_bytes,
)
from chat_magic.view.token_roles import Role, token_roles, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob, TopLogprob


_LONG = 3_000
"""Segments beyond which only the least sure ones of a text are marked."""
_MOST_MARKED = 1_500


@dataclass(frozen=True, slots=True)
class TextSegment:
    """The text of one token, or of several that share a character.

    `prob`, 0 to 1, is that of the least sure of them; None unless all are known (`status` ok).
    """

    text: str
    prob: float | None
    status: Status
    token: TokenLogprob
    role: Role = "counted"

    @property
    def counts(self) -> bool:
        """Whether its probability tells how sure the model was of the answer."""
        return self.role == "counted"

    @property
    def grade(self) -> int:
        """The probability's bin: 0 (sure, unknown or not counted) to 4 (under 3%)."""
        return 0 if self.prob is None or not self.counts else bin_of(self.prob)


def text_segments(
    tokens: Sequence[TokenLogprob], roles: Sequence[Role] | None = None
) -> list[TextSegment]:
    """Return a segment for each token, or for several tokens that share a character.

    Args:
        tokens: The tokens.
        roles: Their roles; without them all count.
    """
    of_token = roles or ["counted"] * len(tokens)
    segments, start = [], 0
    for text, group in _characters(tokens):
        of_group = of_token[start : start + len(group)]
        role: Role = "counted" if "counted" in of_group else of_group[0]
        segments.append(_segment(text, group, role))
        start += len(group)
    return segments


def choice_segments(choice: Choice, json_prefill: str | None = None) -> list[TextSegment]:
    """Return the segments of a choice with their roles; `json_prefill` as for `token_roles`."""
    return text_segments(tokens_of(choice), token_roles(choice, json_prefill))


def mark_below(segments: Sequence[TextSegment], most: int | None = None) -> float:
    """Return the probability under which the segments of a text are marked: one half.

    In a long text it is lower, so that at most the least sure fifth is marked.

    Args:
        segments: Those of the text.
        most: The most that are marked; None for all but in a long text.
    """
    if len(segments) > _LONG:
        most = min(len(segments) // 5, _MOST_MARKED, *([] if most is None else [most]))
    if most is None:
        return BIN_EDGES[0]
    known = sorted(s.prob for s in segments if s.prob is not None and s.counts)
    return min(BIN_EDGES[0], known[most]) if most < len(known) else BIN_EDGES[0]


def alternatives(token: TokenLogprob) -> list[tuple[str, float]]:
    """Return the other tokens with their probabilities, 0 to 1, the most probable first."""
    sampled, own = bytes_of(token), own_alternative(token)
    others = [
        other
        for other in token.top_logprobs or ()
        if other is not own and bytes_of(other) != sampled
    ]
    pairs = [
        (bytes_of(other).decode(errors="replace"), probability(other.logprob)) for other in others
    ]
    return sorted(
        ((text, prob) for text, prob in pairs if prob is not None),
        key=lambda pair: pair[1],
        reverse=True,
    )


def perplexity(tokens: Sequence[TokenLogprob]) -> float | None:
    """Return e to the mean surprisal in nats of the tokens where it is known; None without any."""
    known = [-(t.logprob or 0.0) for t in tokens if status_of(t.logprob) == "ok"]
    if not known:
        return None
    mean = math.fsum(known) / len(known)
    return math.exp(mean) if mean < 700 else math.inf


def _characters(tokens: Sequence[TokenLogprob]) -> Iterator[tuple[str, list[TokenLogprob]]]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text, group = "", []
    for token in tokens:
        text += decoder.decode(bytes_of(token))
        group.append(token)
        if not decoder.getstate()[0]:
            yield text, group
            text, group = "", []
    if group:
        yield text + decoder.decode(b"", final=True), group


def _segment(text: str, group: list[TokenLogprob], role: Role) -> TextSegment:
    probs = [probability(token.logprob) for token in group]
    for token, prob in zip(group, probs, strict=True):
        if prob is None:
            return TextSegment(text, None, status_of(token.logprob), token, role)
    least = min(range(len(group)), key=lambda index: probs[index] or 0.0)
    return TextSegment(text, probs[least], "ok", group[least], role)


def bytes_of(token: TopLogprob) -> bytes:
    """Return the bytes of a token; those of its name where they are not known."""
    data = token_bytes(token.token, bytes(token.raw_bytes))
    return token.token.encode(errors="replace") if data is None else data
