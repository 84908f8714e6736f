"""The checks of a cell or a call: compiled before anything is sent, run on what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from chat_magic.core.cell.check_expression import read_checks
from chat_magic.core.cell.grid import columns_of
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.cell.check_expression import Check
    from chat_magic.core.cell.grid import Axis
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

    Results = TypeVar("Results", ChatResult, ChatResults)

__all__ = ["NO_CHECKS", "CheckPlan", "plan_checks"]


@dataclass(frozen=True)
class CheckPlan:
    """What is checked once the answers are there."""

    checks: tuple[Check, ...] = ()
    truth: str | None = None
    """The column of the data with the right answers."""
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What expressions see besides."""
    notice: str | None = None
    """What is shown beside the verdicts."""

    @property
    def is_given(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.checks) or self.truth is not None

    def apply(self, results: Results) -> Results:
        """Return results with their answers checked; if that cannot be, with a warning."""
        if not self.is_given:
            return results
        try:
            checked = results._with_checks(self.checks, self.truth, self.variables)
            return checked if self.notice is None else checked._with_check_notice(self.notice)
        except InvalidRequest as error:  # the answers must not be lost
            return results._with_warning(error.message)


NO_CHECKS = CheckPlan()


def plan_checks(
    checks: Any,
    truth: str | None,
    axes: Sequence[Axis],
    variables: Mapping[str, Any],
    *,
    has_labels: bool,
    label: str = "check",
) -> CheckPlan:
    """Compile checks, and refuse what they cannot do, before anything is sent.

    Args:
        checks: An expression or a function, a list of these, or a dict of them by name.
        truth: The column with the right answers.
        axes: Of the grid; that of the rows has their columns.
        variables: What expressions see besides.
        has_labels: Whether the answers will have the probabilities of labels.
        label: What an error calls the option.

    Raises:
        InvalidRequest: An expression is not Python, asks for what no answer will have, or has the
            name of the check of the truth; there is no such column.
    """
    from chat_magic.results.check_run import (
        KnownNames,
        check_correct,
        check_names,
        check_truth,
    )

    rows = next((axis.values for axis in axes if axis.kind == "row"), None)
    known = KnownNames(
        columns=[str(column) for column in columns_of(axes)],
        has_rows=rows is not None,
        has_labels=has_labels,
        variables=variables,
    )
    compiled = _compiled(checks, label)
    check_correct(compiled, truth)
    for check in compiled:
        check_names(check, known)
    if truth is not None and rows != ():
        check_truth(truth, known)
    return CheckPlan(compiled, truth, variables)


def _compiled(checks: Any, label: str) -> tuple[Check, ...]:
    if isinstance(checks, Mapping):
        return read_checks((), checks, label)
    if isinstance(checks, Sequence) and not isinstance(checks, str):
        return read_checks(checks, label=label)
    return read_checks([checks], label=label)
