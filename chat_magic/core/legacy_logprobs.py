"""Log probabilities in the shape of the older completions API, which some chat servers keep.

There `logprobs` holds parallel lists: `tokens`, `token_logprobs`, and `top_logprobs`, an object
from token to log probability for each token (https://platform.openai.com/docs/api-reference/completions/object).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply import TokenLogprob

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Legacy(msgspec.Struct, frozen=True):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float | None] | None] | None = None


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
    found = [{"token": token, "logprob": value} for token, value in (others or {}).items()]
    return msgspec.convert(
        {"token": text, "logprob": logprob, "top_logprobs": found or None}, TokenLogprob
    )
