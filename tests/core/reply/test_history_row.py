"""A row of the history as a value."""

from __future__ import annotations

from chat_magic.core.reply.history_row import HistoryRow


def test_what_is_not_known_is_none_and_what_was_not_marked_is_not():
    """A row that has just started has neither numbers nor marks."""
    row = HistoryRow(id=1, started_s=0.0, kind="answer", status="running", model="a/b")
    assert (row.cost, row.prompt_tokens, row.total_s, row.error) == (None, None, None, None)
    assert (row.answers, row.requests, row.failed) == (0, 1, 0)
    assert not row.is_starred
    assert not row.is_replayed
