"""An ablation as it is drawn: strengths, words, pieces of the prompt, and the order of the list."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.ablation_table import LabelBounds
from chat_magic.analysis.prompt_segments import PromptSegment
from chat_magic.core.request.messages import Message
from chat_magic.view.ablation_view import (
    Piece,
    answer_effect,
    label_effect,
    painted_prompt,
    ranked_segments,
)


@pytest.mark.parametrize(
    ("bits", "grade", "words"),
    [
        (6.24, 3, "+6.2 bits"),
        (1.0, 2, "+1.0 bits"),
        (0.5, 1, "+0.50 bits"),
        (-0.5, -1, "\N{MINUS SIGN}0.50 bits"),
        (-2.0, -2, "\N{MINUS SIGN}2.0 bits"),
        (0.049, 0, "none"),
        (-0.049, 0, "none"),
        (math.nan, 0, "not known"),
        (math.inf, 3, "+∞ bits"),
    ],
)
def test_bits_are_painted_by_their_size(bits: float, grade: int, words: str) -> None:
    """What a server does not repeat so well is none."""
    effect = answer_effect(bits)
    assert (effect.grade, effect.words) == (grade, words)


BEFORE = {"good": LabelBounds(0.6, 0.65), "bad": LabelBounds(0.1, 0.15)}


@pytest.mark.parametrize(
    ("after", "grade", "words"),
    [
        ((0.1, 0.12), 3, "good 60\N{EN DASH}65 % with, 10\N{EN DASH}12 % without"),
        ((0.9, 0.9), -2, "good 60\N{EN DASH}65 % with, 90 % without"),
        ((0.64, 0.7), 0, "none shown: good 60\N{EN DASH}65 % with, 64\N{EN DASH}70 % without"),
    ],
)
def test_a_label_is_painted_by_the_change_that_is_sure(
    after: tuple[float, float], grade: int, words: str
) -> None:
    """Where the bounds overlap none is shown."""
    effect = label_effect(BEFORE, {"good": LabelBounds(*after)})
    assert (effect.grade, effect.words) == (grade, words)


def test_a_label_after_a_request_that_failed_is_not_known() -> None:
    """It is in the list all the same."""
    assert label_effect(BEFORE, {}).words == "not known"


def test_a_prompt_is_painted_in_its_own_text() -> None:
    """What is between the segments is drawn plain, and an example is both of its messages."""
    messages = [Message(role="user", content="A. B."), Message(role="assistant", content="C")]
    part, pair = answer_effect(2.0), answer_effect(-2.0)
    (user, _) = painted_prompt(messages, [PromptSegment(0, " B.", 2, 5)], [part])
    assert user.pieces == (Piece("A."), Piece(" B.", part, 0))
    both = painted_prompt(messages, [PromptSegment(0, "A. B.", 0, 5, 2)], [pair])
    assert [message.pieces for message in both] == [
        (Piece("A. B.", pair, 0),),
        (Piece("C", pair, 0),),
    ]


def test_the_largest_effect_comes_first() -> None:
    """Whichever way it goes; then those that are none, then those not known."""
    bits = [0.01, -3.0, math.nan, 2.0]
    segments = [PromptSegment(0, f" {value}\nx", 0, 1) for value in bits]
    ranked = ranked_segments(segments, [*map(answer_effect, bits)])
    assert [row.excerpt for row in ranked] == ["-3.0↵x", "2.0↵x", "0.01↵x", "nan↵x"]
