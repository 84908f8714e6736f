"""Removing keys from an answer, also those that arrived in several pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, Logprobs, Reply, TokenLogprob

MASK = "***"
_SHORTEST_BEGINNING = 16
"""Characters of a key at the end of a text that cannot be anything else: it broke off there."""
_WARNING = "the server sent a key back: it was removed from the answer"


def without_keys(reply: Reply, keys: Sequence[str]) -> Reply:
    """Return a reply with `***` in place of every key, in its texts and its tokens.

    Args:
        reply: A reply whose texts may contain keys, also where their pieces do not.
        keys: The keys, the longest first.

    Returns:
        The same object if there is none; otherwise with a warning.
    """
    if not keys:
        return reply
    choices = tuple(_choice_without(choice, keys) for choice in reply.choices)
    extra = _value_without(reply.extra, keys)
    if extra is reply.extra and all(map(_is, choices, reply.choices)):
        return reply
    warnings = tuple(dict.fromkeys([*reply.warnings, _WARNING]))
    return msgspec.structs.replace(reply, choices=choices, extra=extra, warnings=warnings)


def text_without_keys(text: str, keys: Sequence[str]) -> str:
    """Return a text with `***` in place of every key, and of one that begins at its end."""
    for start, end in reversed(_spans(text, keys)):
        text = text[:start] + MASK + text[end:]
    return text


def _is(value: Any, other: Any) -> bool:
    return value is other


def _spans(text: str, keys: Sequence[str]) -> list[tuple[int, int]]:
    """Return where keys are, in order; the last may be incomplete."""
    spans: list[tuple[int, int]] = []
    for key in keys:
        start = text.find(key)
        while start >= 0:
            spans.append((start, start + len(key)))
            start = text.find(key, start + len(key))
        if start := _beginning_at_end(text, key):
            spans.append((len(text) - start, len(text)))
    return _disjoint(sorted(spans))


def _beginning_at_end(text: str, key: str) -> int:
    """Return how many characters of a key's beginning a text ends with; 0 if that is too few."""
    longest = min(len(key) - 1, len(text))
    for length in range(longest, _SHORTEST_BEGINNING - 1, -1):
        if text.endswith(key[:length]):
            return length
    return 0


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _choice_without(choice: Choice, keys: Sequence[str]) -> Choice:
    message = _value_without(choice.message, keys)
    extra = _value_without(choice.extra, keys)
    logprobs = choice.logprobs and _logprobs_without(choice.logprobs, keys)
    if message is choice.message and extra is choice.extra and logprobs is choice.logprobs:
        return choice
    return msgspec.structs.replace(choice, message=message, extra=extra, logprobs=logprobs)


def _value_without(value: Any, keys: Sequence[str]) -> Any:
    """Remove keys from every text in a value; return the same object if there is none."""
    if isinstance(value, str):
        return text_without_keys(value, keys)
    if isinstance(value, dict):
        entries = {
            _value_without(name, keys): _value_without(item, keys) for name, item in value.items()
        }
        is_same = all(map(_is, entries, value)) and all(map(_is, entries.values(), value.values()))
        return value if is_same else entries
    if isinstance(value, list | tuple):
        items = [_value_without(item, keys) for item in value]
        return value if all(map(_is, items, value)) else type(value)(items)
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = {
            name: new
            for name, item in fields.items()
            if (new := _value_without(item, keys)) is not item
        }
        return msgspec.structs.replace(value, **changed) if changed else value
    return value


def _logprobs_without(logprobs: Logprobs, keys: Sequence[str]) -> Logprobs:
    parts = {
        name: tokens
        for name in logprobs.__struct_fields__
        if (tokens := getattr(logprobs, name)) is not None
    }
    changed = {
        name: new
        for name, tokens in parts.items()
        if (new := _tokens_without(tokens, keys)) is not tokens
    }
    return msgspec.structs.replace(logprobs, **changed) if changed else logprobs


def _tokens_without(tokens: list[TokenLogprob], keys: Sequence[str]) -> list[TokenLogprob]:
    """Replace the tokens of a key: the first by `***`, the others by nothing, no alternatives."""
    spans = _spans("".join(token.token for token in tokens), keys)
    if not spans:
        return tokens
    kept, start = [], 0
    for token in tokens:
        end = start + len(token.token)
        text = _outside(token.token, start, spans)
        kept.append(token if text is None else _replaced(token, text))
        start = end
    return kept


def _outside(token: str, start: int, spans: list[tuple[int, int]]) -> str | None:
    """Return what stays of a token that starts at a position; None if it is in no span."""
    inside = [(low, high) for low, high in spans if low < start + len(token) and start < high]
    if not inside:
        return None
    text, position = "", start
    for low, high in inside:
        text += token[position - start : max(low - start, 0)] + MASK * (low >= start)
        position = high
    return text + token[max(position - start, 0) :]


def _replaced(token: TokenLogprob, text: str) -> TokenLogprob:
    return msgspec.structs.replace(
        token,
        token=text,
        raw_bytes=msgspec.Raw(msgspec.json.encode(list(text.encode(errors="surrogatepass")))),
        top_logprobs=token.top_logprobs and [],
        top_probs=token.top_probs and [],
    )
