"""The bytes behind the strings in a tokenizer's vocabulary, which are not the tokens' texts."""

from __future__ import annotations

from functools import cache

__all__ = ["token_string_bytes"]

_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""What SentencePiece writes for a space."""


def token_string_bytes(string: str) -> bytes | None:
    """Return the bytes of a token by its string in the vocabulary; None if it is of no known kind.

    Byte-level tokenizers write each byte as one character: those that are printable as themselves,
    the others as characters from U+0100 on
    (https://github.com/openai/gpt-2/blob/master/src/encoder.py). SentencePiece writes a space as
    U+2581, and single bytes as `<0x0A>`.
    """
    if _SPACE in string:
        return string.replace(_SPACE, " ").encode()
    if len(string) == 6 and string.startswith("<0x") and string.endswith(">"):
        try:
            return bytes([int(string[3:5], 16)])
        except ValueError:
            return string.encode()
    alphabet = _alphabet()
    if all(character in alphabet for character in string):
        return bytes(alphabet[character] for character in string)
    return string.encode()


@cache
def _alphabet() -> dict[str, int]:
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(0x100 + number): byte for number, byte in enumerate(others)
    }
