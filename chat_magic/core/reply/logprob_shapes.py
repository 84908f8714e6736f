"""Log probabilities in other shapes than the API's.

The older completions API, whose shape some chat servers keep, has parallel lists: `tokens`,
`token_logprobs`, and `top_logprobs`, an object from token to log probability for each token
(https://platform.openai.com/docs/api-reference/completions/object). llama.cpp, asked for
`post_sampling_probs`, sends `prob` and `top_probs`: probabilities after temperature and top-p
(https://github.com/ggml-org/llama.cpp/tree/master/tools/server).
"""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply.reply import TokenLogprob, TopLogprob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class _Legacy(msgspec.Struct, frozen=True):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float | None] | None] | None = None


def is_legacy(fields: Mapping[str, Any]) -> bool:
    """Whether these fields of a choice have any of the older lists, readable or not."""
    return bool(fields.get("tokens") or fields.get("token_logprobs"))


def read_legacy(fields: Mapping[str, Any]) -> list[TokenLogprob] | None:
    """Return the tokens in these fields of a choice, None where they are not in that shape."""
    try:
        legacy = msgspec.convert(fields, _Legacy)
    except msgspec.ValidationError:
        return None
    if len(legacy.tokens) != len(legacy.token_logprobs):
        return None
    rows = zip_longest(legacy.tokens, legacy.token_logprobs, legacy.top_logprobs or ())
    return [_token(*row) for row in rows if row[0] is not None]


def _token(
    text: str, logprob: float | None, others: Mapping[str, float | None] | None
) -> TokenLogprob:
    alternatives = [{"token": token, "logprob": value} for token, value in (others or {}).items()]
    return msgspec.convert(
        {"token": text, "logprob": logprob, "top_logprobs": alternatives or None}, TokenLogprob
    )


def has_probabilities(tokens: Sequence[TokenLogprob]) -> bool:
    """Whether these tokens have probabilities in place of their logarithms."""
    return bool(tokens) and tokens[0].logprob is None and tokens[0].prob is not None


def with_logprobs(tokens: Sequence[TokenLogprob]) -> list[TokenLogprob]:
    """Return the tokens with the logarithms of their probabilities; of 0 it is -inf."""
    return [
        TokenLogprob(
            token=token.token,
            logprob=_logarithm(token.prob),
            raw_bytes=token.raw_bytes,
            sent_id=token.sent_id,
            top_logprobs=[
                TopLogprob(
                    token=other.token,
                    logprob=_logarithm(other.prob),
                    raw_bytes=other.raw_bytes,
                    sent_id=other.sent_id,
                )
                for other in token.top_probs or ()
            ],
        )
        for token in tokens
    ]


def _logarithm(prob: float | None) -> float | None:
    if prob is None or prob < 0:
        return None
    return math.log(prob) if prob else -math.inf
