"""An ablation as it is drawn: the prompt in painted pieces, and its segments by their effect."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chat_magic.analysis.ablation_table import NONE_BELOW_BITS, LabelBounds
from chat_magic.view.excerpt import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chat_magic.analysis.prompt_segments import PromptSegment
    from chat_magic.core.request.messages import Message

__all__ = [
    "AblationView",
    "Effect",
    "PaintedMessage",
    "Piece",
    "RankedSegment",
    "answer_effect",
    "label_effect",
    "painted_prompt",
    "ranked_segments",
]

_GRADES = (0.0, 1.0, 4.0)
"""Bits from which on an effect is painted in the first, second and third strength."""
_PROB_GRADES = (0.0, 0.1, 0.4)
"""The same for changes of a label's probability."""
_EXCERPT = 60
_MINUS = "\N{MINUS SIGN}"


class Effect(NamedTuple):
    """How far a segment moves the answer."""

    amount: float
    """Bits that it gives to the answer, or how much likelier it makes a label; NaN if unknown."""
    grade: int
    """How strongly it is painted: 3 to 1 where it gives, -1 to -3 where it takes, 0 for none."""
    words: str


class Piece(NamedTuple):
    """A part of a message's text: a segment, or what is between them."""

    text: str
    effect: Effect | None = None
    number: int | None = None
    """The position of the segment among all of the prompt, from 0."""


class PaintedMessage(NamedTuple):
    """A message in pieces."""

    role: str
    pieces: tuple[Piece, ...]


class RankedSegment(NamedTuple):
    """A segment in the list, the largest effect first."""

    excerpt: str
    effect: Effect
    number: int
    """As of its pieces."""


@dataclass(frozen=True, kw_only=True)
class AblationView:
    """An ablation, ready to be drawn."""

    model: str
    subject: str
    """What was measured: the answer, or the labels."""
    facts: tuple[str, ...]
    messages: tuple[PaintedMessage, ...]
    ranked: tuple[RankedSegment, ...]
    warnings: tuple[str, ...] = ()


def answer_effect(bits: float, noise: float = NONE_BELOW_BITS) -> Effect:
    """Return the effect of a segment on an answer, by the bits that it gives to it.

    Args:
        bits: These.
        noise: Below this there is none.
    """
    if math.isnan(bits):
        return Effect(bits, 0, "not known")
    if abs(bits) < noise:
        return Effect(bits, 0, "none")
    if math.isinf(bits):
        return Effect(bits, 3 if bits > 0 else -3, f"{'+' if bits > 0 else _MINUS}∞ bits")
    return Effect(bits, _grade(bits, _GRADES), f"{_signed(bits, _digits(bits))} bits")


def label_effect(before: Mapping[str, LabelBounds], after: Mapping[str, LabelBounds]) -> Effect:
    """Return the effect of a segment on the label that is likeliest with the whole prompt.

    Where the bounds before and after overlap there may be none.
    """
    label = max(before, key=lambda each: before[each].low)
    old, new = before[label], after.get(label)
    if new is None:
        return Effect(math.nan, 0, "not known")
    words = f"{label} {_between(old)} with, {_between(new)} without"
    gains, losses = old.low - new.high, new.low - old.high
    if gains <= 0 and losses <= 0:
        return Effect(0.0, 0, f"none shown: {words}")
    change = gains if gains > 0 else -losses
    return Effect(change, _grade(change, _PROB_GRADES), words)


def painted_prompt(
    messages: Sequence[Message], segments: Sequence[PromptSegment], effects: Sequence[Effect]
) -> tuple[PaintedMessage, ...]:
    """Return a prompt in pieces, each segment with its effect."""
    spans: dict[int, list[_Span]] = {}
    for number, (segment, effect) in enumerate(zip(segments, effects, strict=True)):
        first = _Span(segment.start, segment.end, effect, number)
        spans.setdefault(segment.message, []).append(first)
        for further in range(1, segment.n_messages):
            end = len(str(messages[segment.message + further].content))
            spans.setdefault(segment.message + further, []).append(_Span(0, end, effect, number))
    return tuple(
        PaintedMessage(message.role, tuple(_pieces(message, spans.get(position, []))))
        for position, message in enumerate(messages)
    )


class _Span(NamedTuple):
    start: int
    end: int
    effect: Effect
    number: int


def _pieces(message: Message, spans: Sequence[_Span]) -> Iterator[Piece]:
    text = "\n".join(message.texts())
    done = 0
    for span in spans:
        if done < span.start:
            yield Piece(text[done : span.start])
        yield Piece(text[span.start : span.end], span.effect, span.number)
        done = span.end
    if done < len(text):
        yield Piece(text[done:])


def ranked_segments(
    segments: Sequence[PromptSegment], effects: Sequence[Effect]
) -> tuple[RankedSegment, ...]:
    """Return segments by the size of their effect, the largest first; those not known last."""
    rows = [
        RankedSegment(_excerpt(segment.text), effect, number)
        for number, (segment, effect) in enumerate(zip(segments, effects, strict=True))
    ]
    return tuple(sorted(rows, key=_order))


def _order(row: RankedSegment) -> tuple[bool, bool, float]:
    amount = row.effect.amount
    return math.isnan(amount), not row.effect.grade, -abs(amount)


def _excerpt(text: str) -> str:
    line = one_line(text.strip())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def _grade(amount: float, edges: Sequence[float]) -> int:
    size = sum(abs(amount) >= edge for edge in edges)
    return size if amount > 0 else -size


def _digits(bits: float) -> int:
    """Return the digits after the point that hold."""
    return 1 if abs(bits) >= 1 else 2


def _signed(value: float, digits: int) -> str:
    return f"{'+' if value > 0 else _MINUS}{abs(value):.{digits}f}"


def _between(bounds: LabelBounds) -> str:
    low, high = (f"{100 * value:.0f}" for value in bounds)
    return f"{low} %" if low == high else f"{low}\N{EN DASH}{high} %"
