"""Which tokens of an answer tell how sure the model was: those of its text, of JSON the values."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from chat_magic.analysis.json_fields import value_ranges
from chat_magic.core.reply.tokens import token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob

Role = Literal["counted", "structure", "stripped"]
"""`structure` is what a grammar forces in JSON: punctuation, white space and keys. `stripped`
tokens are not in the text: the server removed a code fence, reasoning or a control token."""
ROLES: tuple[Role, ...] = ("counted", "structure", "stripped")

_UNKNOWN = (-1, -1)

Span = tuple[int, int]


def tokens_of(choice: Choice) -> list[TokenLogprob]:
    """Return the tokens of the content of a choice, or else of its refusal."""
    if choice.logprobs is None:
        return []
    return choice.logprobs.content or choice.logprobs.refusal or []


def token_roles(choice: Choice, json_prefill: str | None = None) -> list[Role]:
    """Return the role of each of the tokens of a choice.

    Args:
        choice: The choice.
        json_prefill: The prefill of a request that asked for JSON; None if it did not. An answer
            that is not JSON has no structure.
    """
    tokens, text = tokens_of(choice), well_formed(choice.text or choice.refusal or "")
    spans = _spans(tokens, text)
    values = [] if json_prefill is None else _values(text, well_formed(json_prefill))
    ends = [end for _, end in values]
    return [_role(span, values, ends) for span in spans]


def tokens_in_text(choice: Choice) -> list[TokenLogprob]:
    """Return the tokens that make up the text of a choice; all of them if it has no text."""
    roles = token_roles(choice)
    return [t for t, role in zip(tokens_of(choice), roles, strict=True) if role != "stripped"]


def _role(span: Span | None, values: Sequence[Span], ends: Sequence[int]) -> Role:
    if span is None:
        return "stripped"
    if span == _UNKNOWN or not values:
        return "counted"
    start, end = span
    place = bisect_right(ends, start)
    is_value = place < len(values) and values[place][0] < max(end, start + 1)
    return "counted" if is_value else "structure"


def _values(text: str, prefill: str) -> list[Span]:
    """Return the values of JSON, which may be truncated, as ranges of bytes of the text."""
    ranges = value_ranges(prefill + text, partial=True)
    inside = [(max(0, start - len(prefill)), end - len(prefill)) for start, end in ranges]
    byte_of = [0, *accumulate(len(character.encode()) for character in text)]
    return [(byte_of[start], byte_of[end]) for start, end in inside if end > 0]


def _spans(tokens: Sequence[TokenLogprob], text: str) -> list[Span | None]:
    """Return the bytes of each token in the text; None for one that is not in it."""
    if not tokens:
        return []
    data = [token_bytes(token.token, bytes(token.raw_bytes)) or b"" for token in tokens]
    last = len(data)
    while last and not data[last - 1]:
        last -= 1
    if text and b"".join(data) != text.encode():
        return _aligned(tokens, text)
    ends = list(accumulate(map(len, data)))
    spans: list[Span | None] = [
        (end - len(each), end) for end, each in zip(ends, data, strict=True)
    ]
    return [*spans[:last], *[None] * (len(data) - last)] if text else spans


def _aligned(tokens: Sequence[TokenLogprob], text: str) -> list[Span | None]:
    from chat_magic.analysis.align import align  # numpy is not needed where tokens are the text
    from chat_magic.analysis.vocabularies import with_bytes

    spelled = with_bytes(list(tokens), text)
    pieces = [token_bytes(token.token, bytes(token.raw_bytes)) or b"" for token in spelled]
    spans = align(pieces, text)
    columns = (spans.in_text, spans.byte_start, spans.byte_end)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [(start, end) if in_text else None for in_text, start, end in rows]
