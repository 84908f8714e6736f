"""Tokens in the spelling of their vocabulary."""

from __future__ import annotations

import pytest

from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import alternatives_table, tokens_table
from chat_magic.core.reply.reply import Reply


@pytest.fixture
def tables(token, choice):
    """Return a function from tokens without bytes, and their text, to both tables."""

    def build(texts, content, others=None, **options):
        tokens = [token(text, -0.5, others, **options) for text in texts]
        columns = read_replies([Reply(choices=(choice(tokens, content),))])
        return tokens_table(columns, attrs={}), alternatives_table(columns, attrs={})

    return build


@pytest.mark.parametrize(
    ("texts", "content", "pieces"),
    [
        (["▁Hello", "▁you", "!"], "Hello you!", [b" Hello", b" you", b"!"]),
        (["Hi", "▁", "<0xF0>", "<0x9F>", "<0x91>", "<0x8D>"], "Hi 👍",
         [b"Hi", b" ", b"\xf0", b"\x9f", b"\x91", b"\x8d"]),
        (["Hi", "Ġyou", "Ċ", "Ċ"], "Hi you\n\n", [b"Hi", b" you", b"\n", b"\n"]),
        (["caf", "Ã©", "ĠðŁ", "ĳį"], "café 👍", [b"caf", b"\xc3\xa9", b" \xf0\x9f", b"\x91\x8d"]),
        (["a▁b", "▁"], "a▁b▁", ["a▁b".encode(), "▁".encode()]),
        (["mā", "ja"], "māja", ["mā".encode(), b"ja"]),
        (["▁what", "ever"], "no such text", ["▁what".encode(), b"ever"]),
    ],
)  # fmt: skip
def test_a_spelling_is_undone_where_that_gives_the_text(tables, texts, content, pieces):
    """SentencePiece's and GPT-2's; what was meant as it stands is left alone."""
    tokens, _ = tables(texts, content)
    assert tokens["bytes"].tolist() == pieces
    assert tokens["token"].tolist() == texts


def test_everything_else_follows_from_the_bytes(tables):
    """Places, texts, kinds of tokens, and the alternatives."""
    tokens, alternatives = tables(["Hi", "ĠĠ", "Ċ"], "Hi  \n", [("ĠHi", -0.5), ("Hi", -0.5)])
    assert tokens["align"].tolist() == ["ok"] * 3
    assert tokens["text"].tolist() == ["Hi", "  ", "\n"]
    assert tokens["is_space"].tolist() == [False, True, True]
    assert tokens["is_newline"].tolist() == [False, False, True]
    assert alternatives["bytes"].tolist()[:2] == [b" Hi", b"Hi"]


def test_bytes_that_were_sent_are_kept(tables):
    """They are the server's word."""
    tokens, _ = tables(["▁Hi"], "Hi", sent=list(b"Hi"))
    assert tokens["bytes"].tolist() == [b"Hi"]
