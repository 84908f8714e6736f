"""The history as it is drawn: what a line of it says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chat_magic.core.reply.history_row import HistoryRow
from chat_magic.view.history_view import HistoryView, history_lines

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def row(**fields):
    """Return a row of today."""
    given = {
        "id": 7,
        "started_s": NOW.timestamp() - 60,
        "kind": "answer",
        "status": "complete",
        "model": "a/b",
        "prompt": "Name a cat",
        "answer": "Félix",
        "answers": 1,
    }
    return HistoryRow(**{**given, **fields})


def line(**fields):
    """Return the line of a row."""
    (drawn,) = history_lines([row(**fields)], NOW)
    return drawn


def test_a_line_has_what_a_person_scans_for():
    """Time, model, the first words of prompt and answer, tokens, cost."""
    drawn = line(prompt_tokens=8, completion_tokens=4, cost=0.0123)
    assert drawn[:-1] == (
        "#7", "11:59:00", "a/b", "Name a cat", "Félix", "8 in · 4 out", "$0.0123", "",
    )  # fmt: skip
    assert not drawn.is_fault


@pytest.mark.parametrize(
    ("seconds_ago", "time"),
    [(60, "11:59:00"), (86_400, "27 Nov 12:00"), (400 * 86_400, "2025-10-24")],
)
def test_a_time_is_as_long_as_it_must_be(seconds_ago, time):
    """Of today without the date, of long ago without the time."""
    assert line(started_s=NOW.timestamp() - seconds_ago).time == time


@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        ({"status": "interrupted"}, "interrupted"),
        ({"status": "running"}, "running"),
        ({"kind": "grid", "failed": 2, "requests": 9}, "2 failed"),
        ({"is_replayed": True}, "recorded"),
        ({"thread": "plan"}, "thread plan"),
        ({"is_starred": True, "note": "the\nbest"}, "the↵best"),
        ({"total_s": 62.4}, "62 s"),
    ],
)
def test_what_is_unusual_is_remarked(fields, remark):
    """In words."""
    assert line(**fields).remark == remark


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"answer": "One\ntwo"}, "One↵two"),
        ({"answers": 3}, "3 answers: Félix"),
        ({"kind": "grid", "requests": 4, "answers": 4}, "grid of 4: Félix"),
        ({"status": "failed", "answer": "", "answers": 0, "error": "refused"}, "refused"),
        ({"answer": "x" * 200}, "x" * 79 + "…"),
        ({"answer": ""}, ""),
    ],
)
def test_an_answer_is_one_line(fields, answer):
    """Of several answers the first; of a failed request the error."""
    assert line(**fields).answer == answer


def test_a_star_stands_beside_the_number():
    """Where the eye is."""
    assert line(is_starred=True).number == "#7 ★"


def test_a_view_has_its_rows_as_a_table_and_a_title():
    """The table is that of `chat_magic.history`."""
    view = HistoryView([row(), row(id=6)], "cat", NOW)
    assert view.table.index.tolist() == [7, 6]
    assert view.title == "2 executions for cat, the newest first"
    assert HistoryView([], "", NOW).title == "no executions"
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert repr(view) == view._repr_mimebundle_()["text/plain"]
