"""How the other distinct answers differ from the base, cut to what can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chat_magic.view.text_segments import text_segments
from chat_magic.view.token_roles import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.diff import Change
    from chat_magic.analysis.json_diff import FieldChange
    from chat_magic.view.comparison_model import ComparisonModel

_MOST_DIFFERENCES = 12
"""Answers that are compared with the base."""
_LONGEST_SAME = 200
"""Characters of unchanged text that are shown between two changes."""
_KEPT = 60
"""Characters kept at each end of a longer unchanged text."""
LEAST_SHARED = 1 / 3
"""Share of two texts that must be the same for their differences to be readable."""
SHORT = 100
"""Characters up to which changes are readable whatever the texts share."""

Kind = Literal["same", "insert", "delete", "left out"]


@dataclass(frozen=True)
class Difference:
    """The changes that turn the base into another answer."""

    positions: tuple[int, ...]
    """Of the answers that are identical to this one."""
    changes: Sequence[tuple[Kind, str]]
    """In reading order; empty if `fields` are given."""
    fields: Sequence[FieldChange]
    """If both are JSON: the fields that changed."""
    shared: float = 1.0
    """The share, 0 to 1, of the two texts that is the same."""

    @property
    def shares_little(self) -> bool:
        """Whether the texts share so little that their changes are hard to read."""
        n_characters = sum(len(text) for _, text in self.changes)
        return self.shared < LEAST_SHARED and n_characters > SHORT


def differences(comparison: ComparisonModel) -> tuple[list[Difference], int]:
    """Return the differences, and how many further distinct answers are left out."""
    others = [group for group in comparison.groups if comparison.base not in group]
    shown = [_difference(comparison, group) for group in others[:_MOST_DIFFERENCES]]
    return shown, len(others) - len(shown)


def _difference(comparison: ComparisonModel, group: tuple[int, ...]) -> Difference:
    from chat_magic.analysis.diff import diff
    from chat_magic.analysis.json_diff import diff_json

    base, other = (
        comparison.analysis.answers[position].text for position in (comparison.base, group[0])
    )
    if comparison.by in ("word", "json"):
        prefills = [comparison.run_at(position).prefill for position in (comparison.base, group[0])]
        fields = diff_json(prefills[0] + base, prefills[1] + other)
        if fields is not None:
            return Difference(group, (), [field for field in fields if field.kind != "same"])
    changes = diff(_units(comparison, comparison.base), _units(comparison, group[0]))
    n_same = sum(2 * len(text) for kind, text in changes if kind == "same")
    return Difference(group, list(shorten(changes)), (), n_same / (len(base) + len(other)))


def _units(comparison: ComparisonModel, position: int) -> list[str]:
    from chat_magic.analysis.diff_units import units

    text = comparison.analysis.answers[position].text
    if comparison.by == "token":
        segments = text_segments(tokens_of(comparison.choice_at(position)))
        tokens = [segment.text for segment in segments]
        if "".join(tokens) == text:
            return tokens
    return units(text, "sentence" if comparison.by == "sentence" else "word")


def shorten(changes: Sequence[Change]) -> Iterator[tuple[Kind, str]]:
    """Yield changes without the middle of long unchanged texts."""
    last = len(changes) - 1
    for number, (kind, text) in enumerate(changes):
        if kind != "same" or len(text) <= _LONGEST_SAME:
            yield kind, text
            continue
        before = _head(text) if number else ""
        after = _tail(text) if number < last else ""
        n_left_out = len(text) - len(before) - len(after)
        if before:
            yield "same", before
        yield "left out", f"{n_left_out:,} unchanged characters"
        if after:
            yield "same", after


def replaces_without_space(former: tuple[Kind, str], change: tuple[Kind, str]) -> bool:
    """Whether what is inserted would touch what is deleted before it, as at the start of a text."""
    is_replaced = former[0] == "delete" and change[0] == "insert"
    return is_replaced and not former[1][-1:].isspace() and not change[1][:1].isspace()


def _head(text: str) -> str:
    """Return the beginning of a text, up to the end of a word."""
    return text[:_KEPT].rpartition(" ")[0] or text[:_KEPT]


def _tail(text: str) -> str:
    """Return the end of a text, from the start of a word."""
    return text[-_KEPT:].partition(" ")[2] or text[-_KEPT:]
