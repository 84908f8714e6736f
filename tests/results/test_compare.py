"""Answers of any cells, side by side."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import InvalidRequest, chat_grid, compare
from tests.results.conftest import echo


def test_a_job_is_not_a_result_but_has_one(results):
    """The error says how to get it."""

    class Job:
        def wait(self):
            """Return the result."""

    with pytest.raises(
        InvalidRequest, match=r"^compare: Job is not a chat result; its \.wait\(\) "
    ):
        compare(Job(), results)
    with pytest.raises(InvalidRequest, match=r"^after: Job is not a chat result; its \.wait\(\) "):
        chat_magic.chat("Hi", after=Job())


def coordinates(view):
    return [dict(run.coordinates) for run in view.runs]


def test_answers_of_any_cells_are_named_by_what_differs(gateway):
    """The model, parameters, the coordinates of a grid; else a number."""
    gateway(echo)
    hot = chat_magic.chat("Hi", temperature=1, seed=3)
    cold = chat_magic.chat("Hi", temperature=0, seed=3)
    other = chat_magic.chat("Hi", model="c/d", seed=3)
    assert coordinates(compare(hot, cold)) == [{"temperature": "1"}, {"temperature": "0"}]
    assert coordinates(compare(hot, other)) == [
        {"model": "a/b", "temperature": "1"},
        {"model": "c/d", "temperature": "unset"},
    ]
    assert coordinates(compare(hot, hot)) == [{"result": "0"}, {"result": "1"}]
    assert [run["result"] for run in coordinates(compare(hot, hot, cold))] == ["0", "1", "2"]
    grid = chat_grid("Hi {{ x }}", vary={"x": ["p", "q"]}, temperature=1, seed=3)
    assert coordinates(compare(grid, base=1)) == [{"x": "p"}, {"x": "q"}]
    assert coordinates(compare(grid, hot))[2] == {"x": "unset"}
