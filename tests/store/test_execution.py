"""The values in which executions are given to the store."""

from __future__ import annotations

from tests.store.executions import ended, started


def test_a_start_names_its_runs_and_an_end_what_is_known():
    """What is not known of an end is None."""
    assert [run.model for run in started(model="c/d").runs] == ["c/d"]
    end = ended()
    assert (end.cost, end.total_tokens, end.error, end.has_tokens) == (None, None, None, False)
