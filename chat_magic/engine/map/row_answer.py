"""The answer of a row as bytes: what a resume file keeps and what workers send."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from chat_magic.core.reply.reply import Reply, Timing  # noqa: TC001 - msgspec reads them
from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.request.request import ChatRequest
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.result_json import map_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob, TopLogprob

__all__ = ["decode_answer", "encode_answer"]

_NO_REQUEST = ChatRequest()
_IMPOSSIBLE = -3.4e38
"""What servers without infinity send for a token of probability 0; tables read both alike."""


class _Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    reply: Reply
    timing: Timing
    cost: float | None = None
    warnings: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(_Answer)
_encoder = msgspec.json.Encoder()


def encode_answer(result: ChatResult) -> bytes:
    """Write an answer without its request.

    Tables of what is read back are equal: a lone surrogate becomes U+FFFD and the log probability
    -inf a finite sentinel, as tables have them anyway.

    Raises:
        InvalidRequest: It cannot be written as JSON.
    """
    reply = result.reply
    if any(choice.logprobs for choice in reply.choices):
        reply = msgspec.structs.replace(reply, choices=tuple(map(_finite, reply.choices)))
    answer = _Answer(reply=reply, timing=result.timing, cost=result.cost, warnings=result.warnings)
    try:
        try:
            return _encoder.encode(answer)
        except UnicodeEncodeError:
            return _encoder.encode(map_texts(answer, well_formed))
    except (RecursionError, TypeError, ValueError) as error:
        raise InvalidRequest(f"the answer cannot be written as JSON: {error}") from error


def decode_answer(content: bytes) -> ChatResult:
    """Read what `encode_answer` wrote; nothing in it is run. The request is empty.

    Raises:
        InvalidRequest: It is anything else.
    """
    try:
        answer = _decoder.decode(content)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"not the answer of a row: {error}") from error
    return ChatResult(_NO_REQUEST, answer.reply, answer.timing, answer.warnings, cost=answer.cost)


def _finite(choice: Choice) -> Choice:
    """Return a choice whose log probabilities JSON has a form for."""
    if choice.logprobs is None:
        return choice
    parts = msgspec.structs.asdict(choice.logprobs)
    finite = {name: None if part is None else _finite_part(part) for name, part in parts.items()}
    logprobs = msgspec.structs.replace(choice.logprobs, **finite)
    return msgspec.structs.replace(choice, logprobs=logprobs)


def _finite_part(part: Sequence[TokenLogprob]) -> list[TokenLogprob]:
    tokens = []
    for token in part:
        if token.logprob == -math.inf:
            token = msgspec.structs.replace(token, logprob=_IMPOSSIBLE)  # noqa: PLW2901
        if any(top.logprob == -math.inf for top in token.top_logprobs or ()):
            tops = [_finite_top(top) for top in token.top_logprobs or ()]
            token = msgspec.structs.replace(token, top_logprobs=tops)  # noqa: PLW2901
        tokens.append(token)
    return tokens


def _finite_top(top: TopLogprob) -> TopLogprob:
    is_finite = top.logprob != -math.inf
    return top if is_finite else msgspec.structs.replace(top, logprob=_IMPOSSIBLE)
