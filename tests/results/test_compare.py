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


def test_prompts_of_two_results_are_compared_too(gateway):
    """What changed in the prompt, the parameters and the answers."""
    gateway(echo)
    hot = chat_magic.chat("Name a cat", temperature=1)
    cold = chat_magic.chat("Name a dog", temperature=0)
    found = compare(hot, cold, prompts=True)
    assert [(row.name, row.before, row.after) for row in found.prompt.parameters] == [
        ("temperature", "1", "0")
    ]
    assert (found.before.title, found.answers.kind) == ("before", "text")


def test_grids_are_compared_by_the_shares_of_their_answers(results):
    """All runs together; the prompt is that of the first."""
    found = compare(results, results[:1], prompts=True)
    assert found.answers.kind == "shares"
    assert {row.before.among for row in found.answers.shares} == {12}
    assert found.prompt.is_same


@pytest.mark.parametrize(
    ("count", "options", "words"),
    [
        (1, {}, "compares two results, got 1"),
        (3, {}, "compares two results, got 3"),
        (2, {"base": 1}, "takes no base"),
        (2, {"by": "sentence"}, "takes no base, by"),
        (2, {"ignore_whitespace": True}, "ignore_whitespace"),
    ],
)
def test_prompts_take_two_results_and_no_other_option(results, count, options, words):
    """The first of them is the base."""
    with pytest.raises(InvalidRequest, match=words):
        compare(*results[:count], prompts=True, **options)


def test_prompts_of_what_is_no_result_are_refused(results):
    """By its name."""
    with pytest.raises(InvalidRequest, match="compare: str is not a chat result"):
        compare(results, "x", prompts=True)
