"""Attachments inside JSON texts, which are kept once each, by their SHA-256."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["join_blobs", "split_blobs"]

_SHORTEST = 2048
"""Characters from which a string of base64 is kept apart."""
_BLOCK = _SHORTEST // 2
"""Characters of which every such string has at least one aligned block."""
_BLOB = re.compile(
    rf'"(?:data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*;base64,)?[A-Za-z0-9+/]{{{_SHORTEST},}}={{0,2}}"',
    re.ASCII,
)
_MARK = re.compile("\x01([0-9a-f]{64})\x01")
"""Stands for a blob; JSON never contains this control character, which it escapes."""


def split_blobs(text: str) -> tuple[str, dict[str, str]]:
    """Take the attachments out of a JSON text.

    Args:
        text: JSON in which control characters are escaped, as every encoder writes it.

    Returns:
        The text with a mark for each attachment, and the attachments by their SHA-256 in
        hexadecimal.
    """
    blobs: dict[str, str] = {}
    pieces, end = [], 0
    for start in _long_strings(text):
        match = _BLOB.match(text, start) if start >= end else None
        if match:
            digest = hashlib.sha256(match[0].encode()).hexdigest()
            blobs[digest] = match[0]
            pieces += [text[end:start], f"\x01{digest}\x01"]
            end = match.end()
    return "".join([*pieces, text[end:]]), blobs


def _long_strings(text: str) -> Iterator[int]:
    """Return where the strings begin that may be long enough.

    Such a string fills at least one of the blocks into which the text is cut. In other blocks the
    first quote is near, so that most of a text is not read.
    """
    block = 0
    while block < len(text):
        if text.find('"', block, block + _BLOCK) >= 0:
            block += _BLOCK
            continue
        start, stop = text.rfind('"', 0, block), text.find('"', block)
        if stop < 0:
            return
        if start >= 0:
            yield start
        block = -(-stop // _BLOCK) * _BLOCK


def join_blobs(text: str, read: Callable[[str], str]) -> str:
    """Put the attachments back into a text; `read` returns that of a SHA-256."""
    return _MARK.sub(lambda match: read(match[1]), text)
