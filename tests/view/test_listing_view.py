"""The table of a command is drawn whole."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic.view.listing_view import ListingView

TABLE = pd.DataFrame(
    {
        "model": ["a/b", "a long name of a model/c"],
        "day": pd.to_datetime(["2026-11-01", "2026-11-28"]),
        "started": pd.to_datetime(["2026-11-01T12:00Z", None], utc=True),
        "tokens": pd.array([1200, None], dtype="Int64"),
        "reasoning_tokens": pd.array([None, None], dtype="Int64"),
        "cost": pd.array([0.0156, None], dtype="Float64"),
        "elapsed_s": [12.34, 0.5],
    }
)


def test_a_listing_has_all_columns_that_say_something():
    """Times are local, costs are dollars, and what is not known is blank."""
    view = ListingView(TABLE, "row")
    titles, first, second = view.rows
    assert titles == ["model", "day", "started", "tokens", "cost", "elapsed_s"]
    assert first[:2] == ["a/b", "2026-11-01"]
    assert first[2].startswith("2026-11-0")
    assert first[3:] == ["1200", "$0.0156", "12"]
    assert second == ["a long name of a model/c", "2026-11-28", "", "", "", "0.50"]
    lines = repr(view).splitlines()
    assert lines[0] == "2 rows"
    assert lines[1].startswith("model                     day         started")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "no jobs"), (1, "1 job"), (2, "2 jobs"), (501, "501 jobs, the first 500 of them")],
)
def test_the_number_of_rows_is_said(count, words):
    """An empty listing is one line; a very long one is cut."""
    view = ListingView(pd.DataFrame({"job": range(count)}), "job")
    assert repr(view).splitlines()[0] == words
    assert len(repr(view).splitlines()) == (1 if not count else 2 + min(count, 500))


def test_text_of_others_is_safe_in_a_terminal():
    """Control characters are not sent to it; a cell is one line."""
    view = ListingView(pd.DataFrame({"id": ["a\x1b[31m\nb"]}), "model")
    assert "\x1b" not in repr(view)
    assert len(repr(view).splitlines()) == 3
