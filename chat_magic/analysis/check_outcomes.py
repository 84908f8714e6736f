"""What checks said about each answer, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from chat_magic.analysis.truth import Judged

if TYPE_CHECKING:
    from collections.abc import Sequence

ChoiceMark = Literal["passed", "failed", "error"]

PASSED = "passed"
"""The name of all checks together."""


class Verdict(NamedTuple):
    """What a check said about an answer."""

    passed: bool | None
    """None if it raised an exception."""
    error: str | None = None
    """That exception, in one line."""


@dataclass(frozen=True)
class CheckOutcomes:
    """The verdicts of some checks on the answers of some runs; failed runs are not among them."""

    names: tuple[str, ...]
    """The checks."""
    run: tuple[int, ...]
    """The run of each answer."""
    choice: tuple[int, ...]
    """The `index` of its choice."""
    verdicts: tuple[tuple[Verdict, ...], ...]
    """For each check, its verdict on each answer."""
    judged: Judged | None = None
    """What the answers say and what is true, if a truth was given."""
    notices: tuple[str, ...] = ()
    """What a user must know to read them, in sentences."""

    def of(self, name: str) -> tuple[bool | None, ...]:
        """Return the verdicts of a check, or of `passed`, all of them together, by answer."""
        if name == PASSED:
            return self.passed
        return tuple(verdict.passed for verdict in self.verdicts[self.names.index(name)])

    @property
    def passed(self) -> tuple[bool, ...]:
        """Whether each answer passes all checks; one that raised an exception does not."""
        return tuple(
            all(of_check[answer].passed is True for of_check in self.verdicts)
            for answer in range(len(self.run))
        )

    @property
    def errors(self) -> tuple[str | None, ...]:
        """For each answer, the exceptions of its checks, each after the name of its check."""
        return tuple(
            "; ".join(
                f"{name}: {of_check[answer].error}"
                for name, of_check in zip(self.names, self.verdicts, strict=True)
                if of_check[answer].error is not None
            )
            or None
            for answer in range(len(self.run))
        )

    @property
    def marks(self) -> tuple[ChoiceMark, ...]:
        """How each answer is marked in pictures."""
        return tuple(
            "error" if error is not None else "passed" if passed else "failed"
            for passed, error in zip(self.passed, self.errors, strict=True)
        )

    def with_more(self, more: CheckOutcomes) -> CheckOutcomes:
        """Return these and further verdicts on the same answers; a check replaces its namesake."""
        kept = [n for n, name in enumerate(self.names) if name not in more.names]
        return CheckOutcomes(
            names=(*(self.names[n] for n in kept), *more.names),
            run=self.run,
            choice=self.choice,
            verdicts=(*(self.verdicts[n] for n in kept), *more.verdicts),
            judged=more.judged or self.judged,
            notices=tuple(dict.fromkeys((*self.notices, *more.notices))),
        )

    def taken(self, answers: Sequence[int], runs: Sequence[int]) -> CheckOutcomes:
        """Return the verdicts on some of the answers.

        Args:
            answers: Their positions.
            runs: For each of them, the run that it now belongs to.
        """
        judged = self.judged and Judged(
            self.judged.column,
            tuple(self.judged.said[answer] for answer in answers),
            tuple(self.judged.truth[answer] for answer in answers),
        )
        return replace(
            self,
            run=tuple(runs),
            choice=tuple(self.choice[answer] for answer in answers),
            verdicts=tuple(tuple(of[answer] for answer in answers) for of in self.verdicts),
            judged=judged,
        )

    def of_runs(self, runs: Sequence[int]) -> CheckOutcomes:
        """Return the verdicts on the answers of some runs, which are numbered from 0."""
        numbers = {run: number for number, run in enumerate(runs)}
        answers = [answer for answer, run in enumerate(self.run) if run in numbers]
        answers.sort(key=lambda answer: numbers[self.run[answer]])
        return self.taken(answers, [numbers[self.run[answer]] for answer in answers])
