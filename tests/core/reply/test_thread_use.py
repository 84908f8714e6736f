"""How much of a window a conversation takes."""

from __future__ import annotations

from chat_magic.core.reply.thread_use import ThreadUse


def test_a_window_is_unknown_unless_it_is_told():
    """Nothing is guessed."""
    assert ThreadUse(name="trip").window is None
    assert ThreadUse(name="trip", window=8192) == ThreadUse(name="trip", window=8192)
