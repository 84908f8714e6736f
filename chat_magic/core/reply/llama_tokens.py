"""llama.cpp's tokens: which of them a grammar can force, and what they become in a reply."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from chat_magic.core.reply.reply import TokenLogprob, TopLogprob
from chat_magic.core.reply.scored_text import log_sum

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from chat_magic.core.reply.llama_answers import LlamaAlternative, LlamaPiece, LlamaToken

__all__ = ["EndSum", "Run", "end_sum", "forced_runs", "logprob_of", "token_grammar"]

_LOG_NEGLIGIBLE = math.log(1e-4)
"""Of the share of a sum below which what is not listed is not asked for."""


class Run(NamedTuple):
    """Tokens that follow each other, and are scored in the same way."""

    pieces: list[LlamaPiece]
    is_forced: bool
    """Whether a grammar can force them: not those that end inside a character, nor a NUL."""


def forced_runs(pieces: Sequence[LlamaPiece]) -> list[Run]:
    """Return tokens in runs: those that a grammar can force together, the others one by one."""
    runs: list[Run] = []
    for is_forced, group in groupby(pieces, _can_be_forced):
        together = list(group)
        runs += [Run(together, True)] if is_forced else [Run([piece], False) for piece in together]
    return runs


def _can_be_forced(piece: LlamaPiece) -> bool:
    return piece.is_whole and b"\0" not in piece.content and bool(piece.content)


def token_grammar(ids: Sequence[int]) -> str:
    """Return the grammar that lets a model write these tokens and nothing else.

    Token terminals are described at
    https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md.
    """
    return "root ::= " + " ".join(f"<[{token}]>" for token in ids)


class EndSum(NamedTuple):
    """The probability that an answer ends, as far as alternatives tell."""

    logprob: float
    """The log of the sum over the end tokens that are listed."""
    missing: tuple[int, ...]
    """The end tokens that are not listed, where they may matter."""


def end_sum(token: LlamaToken, ends: Collection[int]) -> EndSum:
    """Return the probability of all end tokens at a position.

    A token that is not listed is at most as likely as the last that is.

    Args:
        token: What was written there, and its alternatives, the likeliest first.
        ends: The ids of the end tokens.
    """
    listed: dict[int, float | None] = {other.id: other.logprob for other in token.top_logprobs}
    listed[token.id] = token.logprob
    known = [value for end in ends if (value := listed.get(end)) is not None]
    total = log_sum(known)
    missing = tuple(end for end in ends if listed.get(end) is None)
    last = [other.logprob for other in token.top_logprobs if other.logprob is not None][-1:]
    if missing and last and known and log_sum(last * len(missing)) < total + _LOG_NEGLIGIBLE:
        missing = ()
    return EndSum(total, missing)


def logprob_of(token: LlamaToken, piece: LlamaPiece, n_top: int) -> TokenLogprob:
    """Return a token as a chat completion reports it, with so many of its alternatives."""
    return TokenLogprob(
        token=piece.content.decode(errors="replace"),
        logprob=token.logprob,
        raw_bytes=msgspec.Raw(msgspec.json.encode(list(piece.content))),
        top_logprobs=[_alternative(other) for other in token.top_logprobs[:n_top]],
    )


def _alternative(other: LlamaAlternative) -> TopLogprob:
    return TopLogprob(token=other.token, logprob=other.logprob, raw_bytes=other.raw_bytes)
