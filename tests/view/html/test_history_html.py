"""The history in static HTML."""

from __future__ import annotations

import re

from chat_magic.view.history_view import HistoryView
from chat_magic.view.html.history_html import history_html
from tests.view.test_history_view import NOW, row


def test_each_execution_is_a_row_of_a_table():
    """With a heading, and the commands below."""
    html = history_html(HistoryView([row(), row(id=6, is_starred=True)], "", NOW))
    assert html.count("<tr") == 3
    for text in ("#7", "#6 ★", "Name a cat", "Félix", "11:59:00", "%chat /show #N"):
        assert text in html


def test_a_column_without_a_value_is_left_out():
    """A gateway whose prices are not known has no costs."""
    html = history_html(HistoryView([row(cost=None), row(id=6, cost=None)], "", NOW))
    assert ">cost<" not in html
    assert ">cost<" in history_html(HistoryView([row(cost=None), row(cost=0.25)], "", NOW))


def test_a_short_remark_stays_in_one_line():
    """Such as the number of a version; a long note may take several."""
    short, long = (
        history_html(HistoryView([row(note=note)], "", NOW))
        for note in ("version 3", "a long note of several words")
    )
    assert short.count("nowrap") == long.count("nowrap") + 1


def test_texts_of_users_and_models_are_escaped():
    """And do not reorder what is around them."""
    evil = "<script>alert(1)</script>\u202e"
    html = history_html(
        HistoryView([row(prompt=evil, answer=evil, model=evil, note=evil, error=evil)], evil, NOW)
    )
    assert "<script" not in html
    assert "\u202e" not in html
    assert "U+202E" in html


def test_a_fault_is_marked():
    """As warnings are elsewhere."""
    html = history_html(HistoryView([row(status="failed")], "", NOW))
    assert re.search(r"border-left[^>]*>failed<", html)


def test_without_rows_there_is_a_sentence():
    """And no empty table."""
    html = history_html(HistoryView([], "cat", NOW))
    assert "no executions for cat" in html
    assert "<table" not in html
