"""The table of scored texts: sums, shares, ranks and bounds, by hand."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.score_table import score_rows, scores_table
from chat_magic.core.reply.reply import Choice, Reply
from tests.analysis.conftest import build_choice, build_token


def scored(text: str, *probs: float, index: int = 0, **facts: float | None) -> Choice:
    """Return a scored choice whose tokens have these probabilities."""
    tokens = [build_token(text if n == 0 else "", math.log(p)) for n, p in enumerate(probs)]
    fields = {"method": "grammar", **facts}
    return build_choice(tokens, text, index=index, extra={"score": fields})


def test_a_row_adds_up_the_tokens_of_a_text() -> None:
    """Two tokens of 1/2 and 1/4 are 1/8: three bits over four bytes."""
    (row,) = score_rows(0, [scored("Rome", 0.5, 0.25)], end=False)
    assert (row.candidate, row.n_tokens, row.bound, row.method) == ("Rome", 2, "exact", "grammar")
    assert row.prob == row.low == row.high == pytest.approx(0.125)
    assert row.mean_logprob == pytest.approx(math.log(0.125) / 2)
    assert row.bits_per_byte == pytest.approx(3 / 4)
    assert math.isnan(row.end_logprob)
    assert (row.share, row.rank) == (1.0, 1)


def test_the_share_is_among_the_texts_and_counts_the_end_if_it_must_end() -> None:
    """A likely beginning that rarely ends there comes second."""
    choices = [
        scored("a", 0.4, end_logprob=math.log(0.1)),
        scored("b", 0.2, index=1, end_logprob=math.log(0.6)),
    ]
    with_end = score_rows(0, choices, end=True)
    assert [row.share for row in with_end] == pytest.approx([0.25, 0.75])
    assert [row.rank for row in with_end] == [2, 1]
    without = score_rows(0, choices, end=False)
    assert [row.share for row in without] == pytest.approx([2 / 3, 1 / 3])


def test_where_one_end_is_not_known_no_share_is() -> None:
    """A share of the others would have another base."""
    rows = score_rows(0, [scored("a", 0.4, end_logprob=-1.0), scored("b", 0.2, index=1)], end=True)
    assert all(math.isnan(row.share) and row.rank is None for row in rows)


@pytest.mark.parametrize(
    ("low", "high", "bound"),
    [
        (0.0, 0.3, "upper"),
        (0.0, 0.0, "upper"),
        (0.2, 0.5, "interval"),
        (0.2, 1.0, "lower"),
        (0.2, 0.2, "exact"),
    ],
)
def test_bounds_are_named(low: float, high: float, bound: str) -> None:
    """A text without tokens has no probability of its own."""
    (row,) = score_rows(0, [scored("a", low=low, high=high)], end=False)
    assert (row.bound, row.low, row.high) == (bound, low, high)
    assert math.isnan(row.prob)
    assert row.n_tokens is None


def test_a_text_too_unlikely_for_a_float_is_as_exact_as_any() -> None:
    """Its log probability is known, and its probability is 0 to the precision of a float."""
    (row,) = score_rows(0, [scored("a", *[1e-300] * 2)], end=False)
    assert (row.prob, row.bound, row.low, row.high) == (0.0, "exact", 0.0, 0.0)
    assert row.logprob == pytest.approx(2 * math.log(1e-300))


def test_other_answers_have_no_rows_and_runs_are_ranked_apart() -> None:
    """A grid has a row for each text of each run."""
    replies = [
        Reply(choices=(scored("a", 0.5), scored("b", 0.1, index=1))),
        Reply(choices=(build_choice([], "Hello"),)),
        Reply(choices=(scored("a", 0.1),)),
    ]
    table = scores_table(replies, [False] * 3, attrs={})
    assert table["run"].tolist() == [0, 0, 2]
    assert table["rank"].tolist() == [1, 2, 1]
