"""The journal keeps what arrived, to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.store.journal import Arrival, Exchange, deflate, inflate, pack, unpack


def test_entries_are_read_as_they_were_written():
    """In order, with the bytes of each event."""
    entries = [
        Exchange(run=0, number=0, request='{"n":2}'),
        Arrival(number=0, t_ms=1.5, events=[b'{"a":1}', b"\xff\x00"]),
        Exchange(run=3, number=1, request="{}", choice=1),
        Arrival(number=1, t_ms=2.0, events=[b"{}"], is_whole=True),
    ]
    assert list(unpack(pack(entries))) == entries


@given(st.lists(st.binary()))
def test_any_bytes_are_kept(events):
    """Servers may send what they like."""
    (entry,) = unpack(pack([Arrival(number=0, t_ms=0.0, events=events)]))
    assert entry.events == events


@pytest.mark.parametrize("text", ["", "Hello", "日本 😀\0", "half a pair \ud83d"])
def test_a_text_is_inflated_as_it_was(text):
    """Lone surrogates included, which Python's strings may have."""
    assert inflate(deflate(text)) == text
