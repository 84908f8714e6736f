"""The JSON texts in the data of one event."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.json_texts import split_texts, whole_texts


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b'{"a": 1}\n{"b": 2}', [b'{"a": 1}', b'{"b": 2}']),
        (b'{"a": 1}{"b": 2} [3]', [b'{"a": 1}', b'{"b": 2}', b"[3]"]),
        (b'{"a":\n1}\n{"b":\n2}', [b'{"a":\n1}', b'{"b":\n2}']),
        (b'{"a": 1}\n12:00:01\n{"b": 2}', [b'{"a": 1}', b"12:00:01", b'{"b": 2}']),
        (b'{"a": 1}\n[DONE]', [b'{"a": 1}', b"[DONE]"]),
        (b'{"a": \n{"b": 2}', [b'{"a":', b'{"b": 2}']),
        (b'{"a": "\xe2\x80\xa8"}\n"\xff"', ['{"a": "\u2028"}'.encode(), '"\ufffd"'.encode()]),
        (b"null", [b"null"]),
        (b"[" * 100_000, [b"[" * 100_000]),
        (b" \n ", []),
        (b"", []),
    ],
)
def test_objects_and_arrays_are_split_and_other_lines_kept(data, texts):
    """However they are laid out over lines."""
    assert split_texts(data) == texts


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b'{"a": 1}', b'{"a": 1}'),
        (b'{"a": 1}\n{"b": 2}\n[DONE]', b'{"a": 1}\n{"b": 2}\n[DONE]'),
        (b'{"a": 1}\n{"b":', b'{"a": 1}'),
        (b'{"a"', b""),
        (b"oops", b""),
    ],
)
def test_what_is_cut_is_left_out(data, whole):
    """An end mark and whole JSON texts stay."""
    assert whole_texts(data) == whole
