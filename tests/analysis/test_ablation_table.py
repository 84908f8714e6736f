"""The tables of an ablation: bits and bounds, by hand."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.ablation_table import (
    LabelBounds,
    ablation_table,
    label_bounds,
    labels_ablation_table,
)
from chat_magic.analysis.prompt_segments import PromptSegment

SEGMENTS = [PromptSegment(0, "Hi.", 0, 3), PromptSegment(1, " Bye.", 3, 8)]


def test_bits_are_how_much_likelier_the_answer_is_with_the_segment() -> None:
    """From 1/2 to 1/8 are two bits; a segment may also take some."""
    half = math.log(0.5)
    table = ablation_table([*SEGMENTS, SEGMENTS[0]], half, [3 * half, half / 2, math.nan])
    assert table["bits"].tolist()[:2] == pytest.approx([2.0, -0.5])
    assert table["prob_before"].tolist() == pytest.approx([0.5] * 3)
    assert table["prob_after"].tolist()[0] == pytest.approx(0.125)
    assert table.iloc[2][["bits", "prob_after"]].isna().all()
    assert table["segment"].tolist() == ["Hi.", " Bye.", "Hi."]
    assert table[["message", "start", "end"]].to_numpy().tolist()[1] == [1, 3, 8]


def test_a_label_has_a_row_for_each_segment() -> None:
    """With its bounds before and after; those of a request that failed are not known."""
    before = {"a": LabelBounds(0.1, 0.2), "b": LabelBounds(0.7, 0.8)}
    table = labels_ablation_table(SEGMENTS, before, [{"a": LabelBounds(0.3, 0.4)}, {}])
    assert table["label"].tolist() == ["a", "b", "a", "b"]
    assert table["prob_before_low"].tolist() == [0.1, 0.7, 0.1, 0.7]
    assert table["prob_after_high"].tolist()[0] == 0.4
    assert table["prob_after_high"].isna().tolist() == [False, True, True, True]


def test_what_is_not_listed_may_belong_to_any_label() -> None:
    """So may what begins several; other answers may not."""
    row = {"good": 0.5, "bad": 0.1, "ambiguous": 0.05, "residual": 0.15, "other": 0.2}
    bounds = label_bounds(row, ["good", "bad"])
    assert bounds["good"] == pytest.approx((0.5, 0.7))
    assert bounds["bad"] == pytest.approx((0.1, 0.3))


def test_of_an_answer_without_log_probabilities_no_bound_is_known() -> None:
    """Neither end of it."""
    row = dict.fromkeys(("good", "bad", "ambiguous", "residual", "other"), math.nan)
    assert all(math.isnan(end) for end in label_bounds(row, ["good"])["good"])
