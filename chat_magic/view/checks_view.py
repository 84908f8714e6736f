"""The checks of some answers as every picture needs them: rates, marks, comparisons, confusion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chat_magic.view.check_words import MARKS, passed_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.check_outcomes import ChoiceMark
    from chat_magic.view.row_table import Mark


@dataclass(frozen=True, kw_only=True)
class VariantRate:
    """How many answers of a variant pass all checks."""

    title: str
    n_passed: int
    answers: int
    share: float
    """Of rows, 0 to 1; NaN without answers."""
    low: float
    high: float
    """The ends of its 95 % interval; NaN where unknown."""
    mixed: int = 0
    """Rows whose answers disagree."""
    failed: int = 0
    """Runs without an answer."""

    @property
    def words(self) -> str:
        """The rate in words."""
        return passed_words(self.n_passed, self.answers, self.low, self.high)

    @property
    def facts(self) -> list[str]:
        """What else must be known of it, in words."""
        mixed = f"{self.mixed} mixed row{'s'[: self.mixed != 1]}"
        failed = f"{self.failed} failed request{'s'[: self.failed != 1]}"
        return [*([mixed] if self.mixed else []), *([failed] if self.failed else [])]

    @property
    def bounds(self) -> tuple[float, float, float] | None:
        """The lower end, the share and the upper end, 0 to 1; None without answers.

        Without an interval all three are the share.
        """
        if math.isnan(self.share):
            return None
        if math.isnan(self.low):
            return self.share, self.share, self.share
        return self.low, min(max(self.share, self.low), self.high), self.high


class ConfusionView(NamedTuple):
    """What was answered where what is true, of one variant."""

    title: str
    truths: Sequence[str]
    answers: Sequence[str]
    counts: Sequence[Sequence[int]]
    """For each truth, the count of each answer."""


@dataclass(frozen=True, kw_only=True)
class ChecksView:
    """What checks said about some answers."""

    rates: tuple[VariantRate, ...]
    sentences: tuple[str, ...] = ()
    """How variants compare."""
    notices: tuple[str, ...] = ()
    """Exceptions of checks, and what they do not see."""
    confusions: tuple[ConfusionView, ...] = ()


class RunMarks(NamedTuple):
    """How the answers of a run are marked."""

    choices: Mapping[int, ChoiceMark]
    """What all checks together say of each choice, by its `index`."""
    checks: tuple[Mark, ...]
    """What each check says of the choices together."""


def marks_words(marks: Sequence[ChoiceMark | None]) -> str:
    """Mark identical answers: once if all have the same mark, else with how often each occurs."""
    known = [mark for mark in marks if mark is not None]
    counts = {mark: known.count(mark) for mark in MARKS if mark in known}
    if len(counts) == 1:
        return MARKS[known[0]]
    return " ".join(f"{MARKS[mark]}{count}" for mark, count in counts.items())
