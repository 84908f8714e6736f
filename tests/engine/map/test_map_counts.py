"""How far a map is."""

from __future__ import annotations

import pytest

from chat_magic.engine.map.map_counts import MapCounts
from chat_magic.engine.map.row_executor import FinishedRow
from tests.engine.map.test_row_answer import result_of


def finished(**fields):
    """Return a finished row."""
    return FinishedRow(position=0, key="", **fields)


def test_rows_tokens_and_dollars_are_added_up():
    """What the resume file had costs nothing now."""
    counts = MapCounts(n_rows=10)
    counts.add(finished(result=result_of()))
    counts.add(finished(result=result_of(), is_kept=True, is_resumed=True))
    counts.add(finished(error=ValueError("no")))
    facts = counts.facts(["rate"])
    assert facts["rows"] == 3
    assert facts["failed"] == 1
    assert facts["resumed"] == 1
    assert facts["prompt_tokens"] == 6
    assert facts["completion_tokens"] == 2
    assert facts["cost"] == pytest.approx(0.25)
    assert facts["limits"] == ["rate"]


def test_the_words_say_what_failed_and_what_is_left():
    """With the cost of the rest from two rows on."""
    counts = MapCounts(n_rows=1000)
    for _ in range(20):
        counts.add(finished(result=result_of()))
    counts.add(finished(error=ValueError("no")))
    words = counts.words
    assert words.startswith("1 failed, ")
    assert "$5.00" in words
    assert "979 more: $244.75 (244.75\N{EN DASH}244.75)" in words


def test_without_a_number_of_rows_nothing_is_estimated():
    """As for a generator."""
    counts = MapCounts()
    counts.add(finished(result=result_of()))
    assert "more" not in counts.words
