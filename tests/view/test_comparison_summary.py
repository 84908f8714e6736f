"""Phrases say where answers diverge, how far they agree, and how sure each one is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chat_magic.core.reply.reply import Reply
from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.comparison_summary import agreement_summary, divergence_summary, metric_facts
from tests.analysis.conftest import build_choice, build_token
from tests.view.conftest import answers, choice, token
from tests.wire.make_comparison import four, grid


def test_the_first_difference_is_named_with_model_probability_and_sampled_share() -> None:
    """Only the first branch carries the labels."""
    comparison = compare_runs(four())
    assert divergence_summary(comparison.analysis.branches) == (
        "First difference: Charlotte (model 31%, sampled 3/4), Clara (9%, 1/4)"
    )


def test_without_probabilities_only_the_sampled_share_is_named() -> None:
    """An answer that ends there is a branch, too."""
    comparison = compare_runs([answers("a b", "a c", "a", "a c")])
    assert (
        divergence_summary(comparison.analysis.branches)
        == "First difference: c (sampled 2/4), b (sampled 1/4), the end (sampled 1/4)"
    )


def test_four_branches_are_named_and_numbers_are_quoted() -> None:
    """A bare number would read as a metric."""
    comparison = compare_runs([answers("1", "2", "3", "4", "5", "6")])
    assert divergence_summary(comparison.analysis.branches) == (
        "First difference: “1” (sampled 1/6), “2” (sampled 1/6), “3” (sampled 1/6), “4” "
        "(sampled 1/6), 2 more"
    )


def test_identical_answers_have_no_first_difference() -> None:
    """There is nothing to name."""
    comparison = compare_runs([answers("a", "a")])
    assert divergence_summary(comparison.analysis.branches) is None


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([answers("a", "a")], "both answers agree"),
        ([answers("a", "a", "a")], "all 3 answers agree"),
        ([answers("Yes", " yes\n", "no")], "2 distinct answers, the commonest 2 of 3 times"),
        ([answers("a"), answers("b")], "2 distinct answers"),
        (
            [answers("a"), answers("b"), answers("a")],
            "2 distinct answers, the commonest 2 of 3 times",
        ),
    ],
)
def test_agreement_is_the_number_of_distinct_answers_and_the_commonest(runs, words: str) -> None:
    """Case and the white space around an answer do not count."""
    assert agreement_summary(compare_runs(runs)).startswith(words)


def test_entropy_and_unseen_mass_are_given_for_a_single_request_only() -> None:
    """For 2, 1, 1 of 4: 1.5 ln 2 = 1.04 nats, plus (3 - 1) / 8 = 0.25 (Miller and Madow)."""
    assert agreement_summary(compare_runs(four())) == (
        "3 distinct answers, the commonest 2 of 4 times · "
        "entropy 1.86 bits (of which 0.36 small-sample correction) · unseen mass about 50%"
    )
    assert "entropy" not in agreement_summary(compare_runs(grid()))


def test_the_metrics_name_the_least_sure_token() -> None:
    """The mean of ln 2 and ln 8 is ln 4."""
    unsure = choice([token("a", 0.5), token(" b", 0.125)])
    facts = ["perplexity 4.00", "mean logprob \u22121.39", "least sure b 13%"]
    assert metric_facts(unsure) == facts
    assert metric_facts(choice(text="a")) == []


def test_texts_that_were_scored_are_no_samples() -> None:
    """Their shares among each other stand in place of how often they occur."""
    choices = tuple(
        build_choice(
            [build_token(text, math.log(prob))],
            index=index,
            extra={"score": {"method": "grammar", "end_logprob": math.log(0.5)}},
        )
        for index, (text, prob) in enumerate([("Rome", 0.1), ("Paris", 0.3)])
    )
    comparison = compare_runs([replace(answers("a"), reply=Reply(choices=choices))])
    assert agreement_summary(comparison) == (
        "2 texts scored, none sampled · among them Paris 75%, Rome 25%"
    )
    assert divergence_summary(comparison.sampled_branches) is None
