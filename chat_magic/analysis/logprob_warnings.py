"""Warnings about the log probabilities that a server sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, cast

from chat_magic.analysis.missing_tokens import missing_tokens
from chat_magic.core.reply.tokens import CENSORED_AT, MASKED_AT, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chat_magic.core.reply.reply import Choice, Reply, TokenLogprob, TopLogprob

CONSTANT_AFTER = 10
"""Tokens in a row of which no model is exactly certain."""


def logprob_warnings(reply: Reply) -> tuple[str, ...]:
    """Return warnings about the log probabilities of a reply.

    Returns:
        A sentence for each oddity, with the number of tokens and the place of the first one
        (positions count from 0); empty for a sound reply.
    """
    places: dict[str, list[str]] = {}
    count, are_all_zero = 0, True
    for whose, tokens in _parts(reply):
        before = _NO_OTHERS
        for position, token in enumerate(tokens):
            others = _others(token)
            for words, is_odd in _ODDITIES:
                if is_odd(token, others, before):
                    places.setdefault(words, []).append(f"position {position} of {whose}")
            before = others
        count += len(tokens)
        are_all_zero = are_all_zero and all(token.logprob == 0 for token in tokens)
    sentences = [
        f"{words} at {len(places[words])} of {count} tokens, first at {places[words][0]}"
        for words, _ in _ODDITIES
        if words in places
    ]
    if count >= CONSTANT_AFTER and are_all_zero:
        sentences.append(f"all {count} log probabilities are 0: the server may not compute them")
    return (*sentences, *_missing(reply))


def _missing(reply: Reply) -> Iterator[str]:
    """Say how many tokens of each choice have no log probability."""
    usage = reply.usage if len(reply.choices) == 1 else None
    for choice in reply.choices:
        if count := missing_tokens(choice, usage):
            where = f" of choice {choice.index}" if len(reply.choices) > 1 else ""
            total = count + sum(len(tokens) for _, tokens in _parts_of(choice))
            yield (
                f"{count if usage else f'at least {count}'} of {total} tokens{where} have no log "
                "probability: the server leaves out tokens that end inside a character, so sums "
                "of log probabilities are upper bounds"
            )


def _parts(reply: Reply) -> Iterator[tuple[str, list[TokenLogprob]]]:
    """Yield the tokens of each part, with the name of the part."""
    for choice in reply.choices:
        yield from _parts_of(choice)


def _parts_of(choice: Choice) -> Iterator[tuple[str, list[TokenLogprob]]]:
    for part in ("content", "refusal", "reasoning"):
        whose = f"choice {choice.index}" + ("" if part == "content" else f" ({part})")
        yield whose, getattr(choice.logprobs, part, None) or []


class _Others(NamedTuple):
    """The alternatives of a token, in columns, since every check reads them."""

    tokens: Sequence[TopLogprob]
    names: list[str]
    logprobs: list[float | None]
    measured: list[float]
    """The log probabilities that are not None, sentinels included."""
    most: float
    """The greatest of these."""


_NO_OTHERS = _Others((), [], [], [], -math.inf)


def _others(token: TokenLogprob) -> _Others:
    tokens = token.top_logprobs
    if not tokens:
        return _NO_OTHERS
    logprobs = [other.logprob for other in tokens]
    some = [x for x in logprobs if x is not None] if None in logprobs else logprobs
    measured = cast("list[float]", some)
    names = [other.token for other in tokens]
    return _Others(tokens, names, logprobs, measured, max(measured, default=-math.inf))


def _adds_up_past_one(_: TokenLogprob, others: _Others, _before: _Others) -> bool:
    probable = others.measured if others.most <= 0 else [x for x in others.measured if x <= 0]
    return sum(map(math.exp, probable)) > 1.01


def _is_positive(token: TokenLogprob, others: _Others, _: _Others) -> bool:
    return others.most > 0 or (token.logprob or 0) > 0


def _is_censored(token: TokenLogprob, _: _Others, _before: _Others) -> bool:
    return token.logprob is not None and token.logprob <= CENSORED_AT


def _is_masked(token: TokenLogprob, _: _Others, _before: _Others) -> bool:
    return token.logprob == MASKED_AT


def _is_missing(token: TokenLogprob, _: _Others, _before: _Others) -> bool:
    return token.logprob is None or math.isnan(token.logprob)


def _differs_from_itself(token: TokenLogprob, others: _Others, _: _Others) -> bool:
    logprob = token.logprob
    if logprob is None or token.token not in others.names:
        return False
    if others.logprobs[others.names.index(token.token)] == logprob:
        return False
    listed = [other.logprob for other in others.tokens if _same_token(other, token)]
    return bool(listed) and all(x is not None and abs(x - logprob) > 1e-3 for x in listed)


def _repeats_one(_: TokenLogprob, others: _Others, _before: _Others) -> bool:
    if len(set(others.names)) == len(others.names):
        return False
    keys = {(other.token, other.logprob, bytes(other.raw_bytes)) for other in others.tokens}
    return len(keys) < len(others.tokens)


def _copies(_: TokenLogprob, others: _Others, before: _Others) -> bool:
    if others.logprobs != before.logprobs or others.names != before.names:
        return False
    return sum(status_of(x) == "ok" and x != 0 for x in others.measured) > 1


def _belongs_elsewhere(token: TokenLogprob, others: _Others, before: _Others) -> bool:
    if not _is_censored(token, others, before):
        return False
    rest = [other for other in others.tokens if not _same_token(other, token)]
    return any(x.logprob is not None and -0.01 < x.logprob <= 0 for x in rest)


def _same_token(first: TopLogprob, second: TopLogprob) -> bool:
    return first.token == second.token and first.raw_bytes == second.raw_bytes


_ODDITIES: tuple[tuple[str, Callable[[TokenLogprob, _Others, _Others], bool]], ...] = (
    ("probabilities of alternatives add up to more than 1", _adds_up_past_one),
    ("log probabilities above 0", _is_positive),
    ("no probability, only that the token lay outside of the most probable ones,", _is_censored),
    ("no probability, only that the token was forbidden,", _is_masked),
    ("no log probability", _is_missing),
    ("another log probability than for the same token as an alternative", _differs_from_itself),
    ("the same alternative listed twice", _repeats_one),
    ("alternatives copied from the token before", _copies),
    ("an unlikely token beside a certain alternative of another position", _belongs_elsewhere),
)
