"""What is odd about the log probabilities that a server sent, in plain words."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from chat_magic.analysis.tokens import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chat_magic.core.reply import Reply, TokenLogprob, TopLogprob

CONSTANT_AFTER = 10
"""Tokens of which no model is exactly certain one after the other."""


def diagnose(reply: Reply) -> tuple[str, ...]:
    """Say what is odd about the log probabilities of a reply.

    Returns:
        A sentence for each oddity, with how many tokens it concerns and where the first one is
        (positions count from 0); none for a sound reply.
    """
    tokens = list(_tokens(reply))
    found = []
    for words, is_odd in _ODDITIES:
        places = [place for place, before, token in tokens if is_odd(token, before)]
        if places:
            found.append(f"{words} at {len(places)} of {len(tokens)} tokens, first at {places[0]}")
    if len(tokens) >= CONSTANT_AFTER and all(token.logprob == 0 for _, _, token in tokens):
        found.append(f"all {len(tokens)} log probabilities are 0: the server may not compute them")
    return tuple(found)


def _tokens(reply: Reply) -> Iterator[tuple[str, TokenLogprob | None, TokenLogprob]]:
    """Give each token with its place in words and the token before it."""
    for choice in reply.choices:
        for part in ("content", "refusal"):
            tokens = getattr(choice.logprobs, part, None) or []
            whose = f"choice {choice.index}" + (" (refusal)" if part == "refusal" else "")
            for position, (before, token) in enumerate(pairwise([None, *tokens])):
                yield f"position {position} of {whose}", before, token


def _alternatives(token: TokenLogprob | None) -> list[TopLogprob]:
    return (token and token.top_logprobs) or []


def _adds_up_past_one(token: TokenLogprob, _: TokenLogprob | None) -> bool:
    logprobs = [other.logprob for other in _alternatives(token)]
    return sum(math.exp(x) for x in logprobs if x is not None and x <= 0) > 1.01


def _is_positive(token: TokenLogprob, _: TokenLogprob | None) -> bool:
    logprobs = [token.logprob, *(other.logprob for other in _alternatives(token))]
    return any(x is not None and x > 0 for x in logprobs)


def _differs_from_itself(token: TokenLogprob, _: TokenLogprob | None) -> bool:
    logprob = token.logprob
    own = [x.logprob for x in _alternatives(token) if _same_token(x, token)]
    if logprob is None or not own:
        return False
    return not any(x is None or x == logprob or not abs(x - logprob) > 1e-3 for x in own)


def _repeats_one(token: TokenLogprob, _: TokenLogprob | None) -> bool:
    others = _alternatives(token)
    if len({other.token for other in others}) == len(others):
        return False
    keys = {(other.token, other.logprob, bytes(other.raw_bytes)) for other in others}
    return len(keys) < len(others)


def _copies(token: TokenLogprob, before: TokenLogprob | None) -> bool:
    others, earlier = _alternatives(token), _alternatives(before)
    if len(others) != len(earlier) or any(
        one.logprob != other.logprob or one.token != other.token
        for one, other in zip(others, earlier, strict=True)
    ):
        return False
    return sum(status_of(x.logprob) == "ok" and x.logprob != 0 for x in others) > 1


def _belongs_elsewhere(token: TokenLogprob, _: TokenLogprob | None) -> bool:
    if status_of(token.logprob) != "censored":
        return False
    others = [other for other in _alternatives(token) if not _same_token(other, token)]
    return any(x.logprob is not None and -0.01 < x.logprob <= 0 for x in others)


def _same_token(one: TopLogprob, other: TopLogprob) -> bool:
    return one.token == other.token and one.raw_bytes == other.raw_bytes


_ODDITIES: tuple[tuple[str, Callable[[TokenLogprob, TokenLogprob | None], bool]], ...] = (
    ("probabilities of alternatives add up to more than 1", _adds_up_past_one),
    ("log probabilities above 0", _is_positive),
    ("another log probability than for the same token as an alternative", _differs_from_itself),
    ("the same alternative listed twice", _repeats_one),
    ("alternatives copied from the token before", _copies),
    ("an unlikely token beside a certain alternative of another position", _belongs_elsewhere),
)
