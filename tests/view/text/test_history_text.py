"""The history as plain text."""

from __future__ import annotations

from chat_magic.view.history_view import HistoryView
from chat_magic.view.text.history_text import history_text
from tests.view.test_history_view import NOW, row


def test_columns_line_up():
    """One execution a line, the newest first."""
    rows = [row(id=10, cost=0.5), row(id=9, model="a/longer", answer="x" * 100, is_starred=True)]
    assert history_text(HistoryView(rows, "", NOW)).splitlines() == [
        "2 executions, the newest first",
        "#10   11:59:00  a/b       Name a cat  Félix                                       $0.5000",
        f"#9 ★  11:59:00  a/longer  Name a cat  {'x' * 39}…",
    ]


def test_a_terminal_gets_no_control_characters():
    """Whatever a model wrote."""
    text = history_text(HistoryView([row(answer="\x1b[31mred\x07", prompt="a\u202eb")], "", NOW))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text


def test_without_rows_there_is_a_sentence():
    """Alone."""
    assert history_text(HistoryView([], "cat", NOW)) == "no executions for cat"
