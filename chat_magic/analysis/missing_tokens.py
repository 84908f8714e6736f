"""Tokens whose log probabilities a server left out, since they end inside a character.

llama.cpp writes an entry only when a character is complete: the last of its tokens gets the whole
character as its text and bytes, and those before it get no entry. Its alternatives keep their own
bytes, which shows what the entry really is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chat_magic.core.reply.tokens import is_special, token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, TokenLogprob, TopLogprob, Usage


def missing_tokens(choice: Choice, usage: Usage | None = None) -> int:
    """Return how many tokens of a choice lack an entry, as far as can be seen: at least so many.

    Args:
        choice: The choice.
        usage: That of the request if this is its only choice, which makes the number exact.
    """
    entries = _entries(choice)
    located = sum(own_alternative(token) is not None for token in entries)
    return max(located, _by_usage(choice, entries, usage))


def with_own_spelling(tokens: list[TokenLogprob]) -> list[TokenLogprob]:
    """Return tokens each of which finds itself among its alternatives.

    The alternative that is the token itself, though it has only the last bytes of the character,
    gets the token's text and bytes.
    """
    if all(token.token.isascii() for token in tokens):
        return tokens
    return [_own_spelling(token) for token in tokens]


def own_alternative(token: TokenLogprob) -> TopLogprob | None:
    """Return the alternative that is the token itself with the last bytes of its character only."""
    if token.token.isascii() or not token.top_logprobs or token.logprob is None:
        return None
    whole = _bytes(token)
    for other in token.top_logprobs:
        if other.logprob == token.logprob:
            data = _bytes(other)
            if _is_continuation(data) and data != whole and whole.endswith(data):
                return other
    return None


def _own_spelling(token: TokenLogprob) -> TokenLogprob:
    own = own_alternative(token)
    if own is None:
        return token
    spelled = msgspec.structs.replace(own, token=token.token, raw_bytes=token.raw_bytes)
    others = [spelled if other is own else other for other in token.top_logprobs or ()]
    return msgspec.structs.replace(token, top_logprobs=others)


def _is_continuation(data: bytes) -> bool:
    """Whether bytes begin inside a character of UTF-8."""
    return bool(data) and data[0] & 0xC0 == 0x80


def _bytes(token: TopLogprob) -> bytes:
    return token_bytes(token.token, bytes(token.raw_bytes)) or b""


def _entries(choice: Choice) -> list[TokenLogprob]:
    logprobs = choice.logprobs
    if logprobs is None:
        return []
    lists = (logprobs.content, logprobs.refusal, logprobs.reasoning)
    return [token for tokens in lists for token in tokens or ()]


def _by_usage(choice: Choice, entries: Sequence[TokenLogprob], usage: Usage | None) -> int:
    """Return by how much the counted tokens exceed the entries, if characters can explain it.

    Tokens of reasoning and of tool calls are counted too, and so may be the one that ends the
    answer: a single token more says nothing.
    """
    message = choice.message
    has_others = message.reasoning or message.tool_calls or message.function_call or message.audio
    if usage is None or usage.completion_tokens is None or not entries or has_others:
        return 0
    reasoning = (usage.completion_tokens_details or {}).get("reasoning_tokens") or 0
    excess = usage.completion_tokens - reasoning - len(entries)
    if excess == 1 and choice.finish_reason == "stop" and not _is_end(entries[-1]):
        return 0
    return max(0, excess) if excess <= sum(map(_most_before, entries)) else 0


def _is_end(token: TokenLogprob) -> bool:
    return not token.token or is_special(token.token)


def _most_before(token: TokenLogprob) -> int:
    """Return how many tokens can end inside the first character of an entry."""
    return len(well_formed(token.token[:1]).encode()) - 1 if token.token else 0
