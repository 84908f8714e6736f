"""The distinct tokens of some replies, and the bytes that their spellings stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np
from msgspec import Raw

from chat_magic.analysis.arrays import Integers, Objects, factorize, integers, objects
from chat_magic.core.reply.tokens import token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.reply.reply import TokenLogprob, TopLogprob

_AnyToken = TypeVar("_AnyToken", bound="TopLogprob")

_MARKS = re.compile("[\u2581\u0100-\u0142]")
"""Characters that hardly occur except in the spelling of a vocabulary."""
_BYTE = re.compile("<0x([0-9A-F]{2})>")
_NONE_SENT = (b"null", b"[]")


@dataclass(frozen=True)
class Vocabulary:
    """The distinct tokens of some replies; a token's code is its index in these columns."""

    text: Objects
    """As sent, lone surrogates replaced."""
    bytes: Objects
    """As `tokens.token_bytes` gives them, None where unknown."""
    identity: Integers
    """Equal for tokens with equal bytes, however their text is written."""

    @property
    def decoded(self) -> list[str]:
        """The decoded bytes, with U+FFFD for what is not UTF-8; the text as sent if unknown."""
        pairs = zip(self.text, self.bytes, strict=True)
        return [text if data is None else data.decode(errors="replace") for text, data in pairs]


def spellings(texts: list[str], sent: list[Raw]) -> tuple[Integers, list[tuple[str, bytes]]]:
    """Return a code for each token, and the distinct texts with the `bytes` they were sent with.

    A text nearly always has the same bytes, so that only the others are compared one by one.
    """
    code, distinct = factorize(texts)
    first = np.empty(len(distinct), dtype=np.intp)
    first[code[::-1]] = np.arange(len(texts))[::-1]
    usual = [sent[index] for index in first]
    keys = [(text, bytes(data)) for text, data in zip(distinct, usual, strict=True)]
    others = _differing(sent, objects(usual)[code].tolist())
    other_code, other_keys = factorize([(texts[index], bytes(sent[index])) for index in others])
    code[others] = len(keys) + other_code
    return code, keys + other_keys


def _differing(sent: list[Raw], usual: list[Raw]) -> Integers:
    """Return the indices at which two lists differ; by blocks, since most are equal."""
    indices: list[int] = []
    for start in range(0, len(sent), 1024):
        block = slice(start, start + 1024)
        if msgspec.json.encode(sent[block]) != msgspec.json.encode(usual[block]):
            pairs = enumerate(zip(sent[block], usual[block], strict=True), start)
            indices += [index for index, (data, expected) in pairs if data != expected]
    return integers(indices)


def vocabulary_of(keys: list[tuple[str, bytes]]) -> Vocabulary:
    """Return the vocabulary of tokens that were sent with these texts and `bytes`."""
    text = [well_formed(token) for token, _ in keys]
    data = [token_bytes(token, sent) for token, sent in keys]
    identities = [
        spelled if known is None else known for spelled, known in zip(text, data, strict=True)
    ]
    return Vocabulary(objects(text), objects(data), factorize(identities)[0])


def with_bytes(tokens: list[TokenLogprob], text: str) -> list[TokenLogprob]:
    """Return the tokens of a text, with their bytes if they are in the spelling of a vocabulary.

    Some servers send no `bytes` and write SentencePiece's `▁` (U+2581) for a space, or each byte
    as a letter of GPT-2's alphabet (`Ġ` for a space, `Ċ` for a line end). Such a spelling is
    undone only if the tokens spell the text then, and not before.
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
    """Return a token, and its alternatives, with the bytes of a spelling if none were sent."""
    changes: dict[str, object] = {}
    if bytes(token.raw_bytes) in _NONE_SENT:
        changes["raw_bytes"] = Raw(msgspec.json.encode(list(spelling(token))))
    if others := getattr(token, "top_logprobs", None):
        changes["top_logprobs"] = [_spelled(other, spelling) for other in others]
    return msgspec.structs.replace(token, **changes)
