"""The bytes behind the strings of vocabularies."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.byte_alphabet import token_string_bytes


@pytest.mark.parametrize(
    ("string", "content"),
    [
        ("Ġthe", b" the"),
        ("Ċ", b"\n"),
        ("Ã©", "é".encode()),
        ("æķ", "数".encode()[:2]),
        ("▁the", b" the"),
        ("<0x0A>", b"\n"),
        ("<|im_start|>", b"<|im_start|>"),
        ("数", "数".encode()),
    ],
)
def test_each_kind_of_string_stands_for_its_bytes(string, content):
    """Byte-level, SentencePiece, and plain."""
    assert token_string_bytes(string) == content
