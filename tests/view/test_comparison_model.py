"""Answers of several runs are titled, grouped and compared."""

from __future__ import annotations

import pytest

from chat_magic.view.comparison_model import compare_runs
from tests.view.conftest import answers, run
from tests.wire.make_comparison import TEMPERATURE, TONE, grid


def test_a_single_answer_or_none_is_not_compared() -> None:
    """Several runs are, even without answers."""
    assert compare_runs([answers("a")]) is None
    assert compare_runs([run()]) is None
    assert compare_runs([run(), run()]) is not None


@pytest.mark.parametrize(
    ("runs", "titles"),
    [
        ([answers("a", "b")], ("0", "1")),
        ([answers("a", model="a/b"), answers("b", model="c/d")], ("a/b", "c/d")),
        ([answers("a"), answers("b")], ("run 0", "run 1")),
        (
            [
                answers("a", coordinates={"temperature": "0.5"}),
                answers("b", coordinates={"t": "x"}),
            ],
            ("temperature 0.5", "x"),
        ),
        (
            [answers("a", "b", coordinates={"seed": "unset", "tone": "formal"}), answers("c")],
            ("seed unset · formal · choice 0", "seed unset · formal · choice 1", "run 1"),
        ),
    ],
)
def test_an_answer_is_titled_by_what_distinguishes_it(runs, titles) -> None:
    """Its index, its model, its coordinates; a bare value with the name of its axis."""
    assert compare_runs(runs).titles == titles


def test_identical_answers_are_grouped_over_all_runs_and_within_each() -> None:
    """The largest group comes first."""
    comparison = compare_runs([answers("b", "a", "a"), answers("a")])
    assert comparison.groups == [(1, 2, 3), (0,)]
    assert comparison.groups_by_run[0] == [(1, 2), (0,)]
    assert comparison.groups_by_run[1] == [(3,)]


def test_the_axes_of_the_fixture_fit_its_runs() -> None:
    """Its runs are the product of its axes."""
    assert len(grid()) == len(TEMPERATURE.titles) * len(TONE.titles)


@pytest.mark.parametrize(
    ("runs", "ends"),
    [
        (["The cat", "The dog"], [7, 7]),
        (["Cats purr", "The dog"], [0, 0]),
        (["Cats", "Cats"], [4, 4]),
    ],
)
def test_answers_to_several_requests_diverge_only_after_shared_text(runs, ends):
    """That their first words differ means nothing if the prompts differ."""
    comparison = compare_runs([answers(text) for text in runs])
    assert [answer.end for answer in comparison.analysis.answers] == ends
