"""The metrics of tokens, put together from the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chat_magic.analysis.align import align
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.token_metrics import alternative_logprobs, measure, summary

HALF, QUARTER = math.log(0.5), math.log(0.25)


def test_the_logprob_of_the_sampled_token_wins_over_its_alternative(token, reply):
    """Where a server reports two."""
    columns = read_replies([reply([token("a", QUARTER, [("a", HALF), ("b", QUARTER)])])])
    assert alternative_logprobs(columns)[0, :2] == pytest.approx([QUARTER, QUARTER])


def test_what_needs_two_alternatives_is_missing_without_them(token, reply):
    """Margin and entropy; rank and gap need one."""
    columns = read_replies([reply([token("a", HALF, [("a", HALF)]), token("b", HALF)])])
    metrics = measure(columns, vocabulary=100)
    assert np.isnan(metrics.margin).all()
    assert np.isnan(metrics.entropy.low).all()
    assert metrics.rank[0] == 1
    assert metrics.gap_nats[0] == 0
    assert np.isnan(metrics.rank[1])


def test_a_token_outside_the_top_has_no_rank_but_a_bound_if_it_is_censored(token, reply):
    """At most as probable as the least of the top, and as the rest."""
    top = [("a", HALF), ("b", math.log(0.3))]
    columns = read_replies([reply([token("z", -9999.0, top), token("y", math.log(0.1), top)])])
    metrics = measure(columns, vocabulary=100)
    assert np.isnan(metrics.rank).all()
    assert metrics.bound[0] == pytest.approx(math.log(0.2))
    assert np.isnan(metrics.bound[1])


def test_a_slice_of_the_metrics_is_that_of_each_of_them(token, reply):
    """The entropy, which is three arrays, included."""
    columns = read_replies([reply([token(text, HALF) for text in "abc"])])
    part = measure(columns, vocabulary=100)[1:]
    assert part.logprob.shape == part.entropy.high.shape == part.is_forced.shape == (2,)


def test_a_text_is_summed_up_over_its_scored_tokens(token, reply):
    """Bits per byte only if all of the text has tokens."""
    answer = reply([token("a", HALF), token("b", -9999.0), token("c", QUARTER)])
    metrics = measure(read_replies([answer]), vocabulary=100)
    spans = align([b"a", b"b", b"c"], "abc")
    row = summary(metrics, spans)
    assert (row["n_tokens"], row["n_scored"], row["n_censored"]) == (3, 2, 1)
    assert row["perplexity"] == pytest.approx(math.sqrt(8))
    assert (row["min_prob"], row["min_prob_position"]) == (pytest.approx(0.25), 2)
    assert row["frac_below_50"] == 0.5
    assert math.isnan(row["bits_per_byte"])
    scored = measure(read_replies([reply([token("a", HALF)])]), vocabulary=100)
    assert summary(scored, align([b"a"], "a"))["bits_per_byte"] == pytest.approx(1)
    assert math.isnan(summary(scored, align([b"a"], "ab"))["bits_per_byte"])
