"""Tokens written as their vocabulary spells them (`▁Paris`, `ĠParis`): the bytes they stand for."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Raw

from chat_magic.analysis.tokens import token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.reply import TokenLogprob, TopLogprob

_AnyToken = TypeVar("_AnyToken", bound="TopLogprob")

_MARKS = re.compile("[\u2581\u0100-\u0142]")
"""What hardly anything but the spelling of a vocabulary holds."""
_BYTE = re.compile("<0x([0-9A-F]{2})>")
_NONE_SENT = (b"null", b"[]")


def with_bytes(tokens: list[TokenLogprob], text: str) -> list[TokenLogprob]:
    """Return the tokens of a text, with bytes where they came in the spelling of a vocabulary.

    Some servers send no `bytes` and write SentencePiece's `▁` (U+2581) for a space, or each byte
    as a letter of GPT-2's alphabet (`Ġ` for a space, `Ċ` for a line end). Such a spelling is
    undone only where that makes the tokens spell the text, and they do not as they came.
    """
    if not any(_is_marked(token) for token in tokens):
        return tokens
    wanted = well_formed(text).encode()
    for spelling in (_plain, _sentencepiece, _byte_level):
        if wanted and wanted in b"".join(map(spelling, tokens)):
            return tokens if spelling is _plain else [_spelled(t, spelling) for t in tokens]
    return tokens


def _is_marked(token: TopLogprob) -> bool:
    return not token.token.isascii() and _MARKS.search(token.token) is not None


def _plain(token: TopLogprob) -> bytes:
    return token_bytes(token.token, bytes(token.raw_bytes)) or b""


def _sentencepiece(token: TopLogprob) -> bytes:
    byte = _BYTE.fullmatch(token.token)
    return bytes.fromhex(byte[1]) if byte else _plain(token).replace("\u2581".encode(), b" ")


def _byte_level(token: TopLogprob) -> bytes:
    """Undo GPT-2's alphabet; a letter outside it (a control token's) is itself."""
    alphabet = _alphabet()
    return b"".join(alphabet.get(letter) or letter.encode() for letter in well_formed(token.token))


@cache
def _alphabet() -> dict[str, bytes]:
    """Return the byte of each letter (Radford et al. 2019, `bytes_to_unicode`).

    A visible byte is its own letter in Latin-1; the others are the letters from U+0100 on.
    """
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(0x100) if byte not in visible]
    letters = {chr(0x100 + place): bytes([byte]) for place, byte in enumerate(hidden)}
    return letters | {chr(byte): bytes([byte]) for byte in visible}


def _spelled(token: _AnyToken, spelling: Callable[[TopLogprob], bytes]) -> _AnyToken:
    """Return a token, and its alternatives, with the bytes of a spelling where none were sent."""
    changes: dict[str, object] = {}
    if bytes(token.raw_bytes) in _NONE_SENT:
        changes["raw_bytes"] = Raw(msgspec.json.encode(list(spelling(token))))
    if others := getattr(token, "top_logprobs", None):
        changes["top_logprobs"] = [_spelled(other, spelling) for other in others]
    return msgspec.structs.replace(token, **changes)
