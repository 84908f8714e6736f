"""How each other answer differs from the base, cut to what can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chat_magic.view.comparison_model import choice_at
from chat_magic.view.text_segments import text_segments, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.diff import Change
    from chat_magic.analysis.json_diff import FieldChange
    from chat_magic.view.comparison_model import ComparisonModel

_MOST = 12
"""Answers that are held against the base."""
_LONGEST_SAME = 200
"""Characters of what is the same that are shown between two changes."""
_KEPT = 60
"""Of a longer one, at each of its ends."""

Kind = Literal["same", "insert", "delete", "left out"]


@dataclass(frozen=True)
class Difference:
    """What must change in the base to make it another answer."""

    places: tuple[int, ...]
    """Of the answers that are so."""
    changes: Sequence[tuple[Kind, str]]
    """In reading order; empty where `fields` says it."""
    fields: Sequence[FieldChange]
    """Where both are JSON: what became of each field, those that stayed left out."""
    shared: float = 1.0
    """How much of the two texts, 0 to 1, they have in common."""


def differences(compared: ComparisonModel) -> tuple[list[Difference], int]:
    """Return the differences, and of how many more distinct answers there are some."""
    others = [group for group in compared.groups if compared.base not in group]
    return [_difference(compared, group) for group in others[:_MOST]], len(others[_MOST:])


def _difference(compared: ComparisonModel, group: tuple[int, ...]) -> Difference:
    from chat_magic.analysis.diff import diff
    from chat_magic.analysis.json_diff import diff_json

    place, base = group[0], compared.base
    answers = compared.comparison.answers
    if compared.by in ("word", "json"):
        begun = [compared.runs[answers[each].run].prefill for each in (base, place)]
        fields = diff_json(begun[0] + answers[base].text, begun[1] + answers[place].text)
        if fields is not None:
            return Difference(group, (), [each for each in fields if each.kind != "same"])
    changes = diff(_units(compared, base), _units(compared, place))
    same = sum(2 * len(text) for kind, text in changes if kind == "same")
    total = len(answers[base].text) + len(answers[place].text)
    return Difference(group, list(_shortened(changes)), (), same / total)


def _units(compared: ComparisonModel, place: int) -> list[str]:
    from chat_magic.analysis.diff_units import units

    text = compared.comparison.answers[place].text
    if compared.by == "token":
        tokens = [piece.text for piece in text_segments(tokens_of(choice_at(compared, place)))]
        if "".join(tokens) == text:
            return tokens
    return units(text, "sentence" if compared.by == "sentence" else "word")


def _shortened(changes: Sequence[Change]) -> Iterator[tuple[Kind, str]]:
    """Leave out the middle of what is the same for long."""
    last = len(changes) - 1
    for number, (kind, text) in enumerate(changes):
        if kind != "same" or len(text) <= _LONGEST_SAME:
            yield kind, text
            continue
        before = _head(text) if number else ""
        after = _tail(text) if number < last else ""
        left_out = len(text) - len(before) - len(after)
        if before:
            yield "same", before
        yield "left out", f"{left_out:,} characters are the same"
        if after:
            yield "same", after


def _head(text: str) -> str:
    """Return the beginning of a text, up to the end of a word."""
    return text[:_KEPT].rpartition(" ")[0] or text[:_KEPT]


def _tail(text: str) -> str:
    return text[-_KEPT:].partition(" ")[2] or text[-_KEPT:]
