"""Runs checks on answers: the user's code sees what the model wrote as values, never as code."""

from __future__ import annotations

import builtins
import inspect
import math
import sys
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.check_outcomes import CheckOutcomes, Verdict
from chat_magic.analysis.truth import Judged, said_form, truth_form
from chat_magic.core.cell.check_expression import CORRECT, OWN_NAMES, parameters_of
from chat_magic.core.cell.row_values import column_value
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chat_magic.core.cell.check_expression import Check
    from chat_magic.core.reply.reply import Choice
    from chat_magic.results.chat_result import ChatResult

__all__ = [
    "CheckedRun",
    "KnownNames",
    "check_correct",
    "check_names",
    "check_truth",
    "judge",
    "judged_answers",
    "known_names",
    "notebook_variables",
    "run_checks",
]

_LONGEST_ERROR = 200
_TAKES_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_MISSING = object()


@dataclass(frozen=True)
class CheckedRun:
    """A run whose answers are checked."""

    number: int
    result: ChatResult
    row: Mapping[Any, Any] | None = None
    """The row of the data that it was asked with."""
    probabilities: Mapping[int, Mapping[str, float]] | None = None
    """For the index of each choice, the probability of each label; None without labels."""


@dataclass(frozen=True)
class _Answer:
    """An answer, with everything that a check may ask for."""

    run: CheckedRun
    choice: Choice
    variables: Mapping[str, Any] = field(repr=False)

    def given(self, name: str) -> Any:
        """Return the answer's own value of a name, else that of a column; `_MISSING` if neither."""
        own = self._own(name) if name in OWN_NAMES else _MISSING
        return (self.run.row or {}).get(name, _MISSING) if own is _MISSING else own

    def value(self, name: str) -> Any:
        """Return the value of a name, also one of the notebook; `_MISSING` if there is none."""
        value = self.given(name)
        return self.variables.get(name, _MISSING) if value is _MISSING else value

    def _own(self, name: str) -> Any:
        run = self.run
        match name:
            case "answer":
                return self.choice.text
            case "choice":
                return self.choice
            case "result":
                return run.result
            case "parsed":
                result = run.result
                return _with_attributes(result.parse(self.choice.index)) if result.schema else None
            case "row":
                return _MISSING if run.row is None else dict(run.row)
        known = run.probabilities
        return _MISSING if known is None else dict(known[self.choice.index])


class _JsonObject(dict[str, Any]):
    """A JSON object whose fields are attributes too, as those of a dataclass: `parsed.age`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the JSON object has no field {name!r}") from None


def _with_attributes(value: Any) -> Any:
    """Return a JSON value whose objects, also those inside, have their fields as attributes."""
    if type(value) is dict:
        return _JsonObject({name: _with_attributes(item) for name, item in value.items()})
    return [_with_attributes(item) for item in value] if type(value) is list else value


@dataclass(frozen=True, kw_only=True)
class KnownNames:
    """What checks can ask for, known before there is an answer."""

    columns: Sequence[str]
    """Of the rows of the data."""
    has_rows: bool
    has_labels: bool
    variables: Mapping[str, Any] = field(repr=False)


def run_checks(
    checks: Sequence[Check], runs: Sequence[CheckedRun], variables: Mapping[str, Any]
) -> CheckOutcomes:
    """Run checks on every answer; what raises an exception is a verdict of its own.

    Args:
        checks: The checks.
        runs: The runs that did not fail.
        variables: What expressions see besides the answer and its row.

    Raises:
        InvalidRequest: As for `check_names`.
    """
    answers = [_Answer(run, choice, variables) for run in runs for choice in run.result.choices]
    known = known_names(runs, variables)
    for check in checks if answers else ():
        check_names(check, known)
    return CheckOutcomes(
        names=tuple(check.name for check in checks),
        run=tuple(answer.run.number for answer in answers),
        choice=tuple(answer.choice.index for answer in answers),
        verdicts=tuple(tuple(_verdict(check, answer) for answer in answers) for check in checks),
        notices=tuple(_hidden_columns(checks, known.columns)),
    )


def known_names(runs: Sequence[CheckedRun], variables: Mapping[str, Any]) -> KnownNames:
    """Return what checks of runs can ask for."""
    return KnownNames(
        columns=list(dict.fromkeys(str(name) for run in runs for name in run.row or ())),
        has_rows=any(run.row is not None for run in runs),
        has_labels=any(run.probabilities is not None for run in runs),
        variables=variables,
    )


def check_names(check: Check, known: KnownNames) -> None:
    """Refuse a check that asks for what no answer has.

    Raises:
        InvalidRequest: It asks for the probabilities of labels, or for rows, where there are none,
            or a function has a parameter that nothing is the name of.
    """
    others = {*known.columns, *known.variables}
    if "p" in check.uses and not known.has_labels and "p" not in others:
        raise InvalidRequest(
            f"check {check.name}: p requires labels, the possible answers: ask with --labels a,b"
        )
    if "row" in check.uses and not known.has_rows and "row" not in others:
        raise InvalidRequest(f"check {check.name}: row requires rows: ask with --over DATA")
    for name in _required(check):
        if name not in OWN_NAMES and name not in others:
            raise InvalidRequest(
                f"check {check.name}: the parameter {name} is not a column, nor one of "
                f"{', '.join(OWN_NAMES)}"
            )


def check_truth(column: str, known: KnownNames) -> None:
    """Refuse a column of right answers that the data does not have.

    Raises:
        InvalidRequest: There are no rows, or no such column.
    """
    if not known.has_rows:
        raise InvalidRequest(f"truth {column}: requires rows: ask with --over DATA")
    if str(column) not in known.columns:
        near = (
            nearest(str(column), known.columns) or f"; expected one of {', '.join(known.columns)}"
        )
        raise InvalidRequest(f"truth {column}: there is no such column{near}")


def check_correct(checks: Sequence[Check], truth: str | None) -> None:
    """Refuse a check that has the name of the one that a truth adds.

    Raises:
        InvalidRequest: There is one.
    """
    if truth is not None and any(check.name == CORRECT for check in checks):
        raise InvalidRequest(f"check {CORRECT}: is that of the truth; give it another name")


def _required(check: Check) -> Iterator[str]:
    """Yield the parameters without which a function cannot be called."""
    if isinstance(check.run, CodeType):
        return
    for name, parameter in parameters_of(check.run).items():
        if parameter.default is parameter.empty and parameter.kind not in _TAKES_ANY:
            yield name


def _verdict(check: Check, answer: _Answer) -> Verdict:
    """Run a check on an answer."""
    try:
        if isinstance(check.run, CodeType):
            return Verdict(_truth(_evaluated(check.run, check.uses, answer)))
        return Verdict(_truth(_called(check.run, answer)))
    except Exception as error:  # of the user's code, whatever it is
        return Verdict(None, _error_line(error))


def _evaluated(code: CodeType, uses: Iterable[str], answer: _Answer) -> Any:
    """Evaluate the user's expression, which sees only the names that it uses."""
    values = {name: answer.value(name) for name in uses}
    names = {name: value for name, value in values.items() if value is not _MISSING}
    return eval(code, {"__builtins__": builtins, **names})  # noqa: S307  # the user's own code


def _called(function: Callable[..., Any], answer: _Answer) -> Any:
    """Call a function with the parameters that it names."""
    positional, by_name = [], {}
    for name, parameter in parameters_of(function).items():
        if parameter.kind in _TAKES_ANY:
            continue
        value = answer.given(name)
        if value is _MISSING and parameter.default is parameter.empty:
            value = answer.variables[name]
        if value is _MISSING:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            by_name[name] = value
    return function(*positional, **by_name)


def _truth(value: Any) -> bool:
    """Return whether a value counts as passed.

    Raises:
        TypeError: It says neither: an awaitable, or NaN.
    """
    if inspect.isawaitable(value):
        close = getattr(value, "close", lambda: None)
        close()
        raise TypeError("the value must be awaited, which a check cannot do")
    if isinstance(value, float) and math.isnan(value):
        raise TypeError("the value is NaN")
    return bool(value)


def _error_line(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return text if len(text) <= _LONGEST_ERROR else f"{text[: _LONGEST_ERROR - 1]}…"


def _hidden_columns(checks: Iterable[Check], columns: Sequence[str]) -> Iterator[str]:
    """Say which columns a check does not see because the answer has their name."""
    used = {name for check in checks for name in check.uses}
    for name in OWN_NAMES:
        if name in used and name in columns:
            yield f"checks: {name} is that of the answer; the column of this name is row[{name!r}]"


def judged_answers(column: str, runs: Sequence[CheckedRun], labels: Sequence[str]) -> Judged:
    """Return what each answer says, and what is true.

    Args:
        column: The column of the data with the right answers.
        runs: The runs that did not fail.
        labels: The possible answers, if these are known: the likeliest one counts.

    Raises:
        InvalidRequest: There are no rows, or no such column.
    """
    if runs:
        check_truth(column, known_names(runs, {}))
    answers = [(run, choice) for run in runs for choice in run.result.choices]
    return Judged(
        column,
        said=tuple(
            said_form(choice.text, (run.probabilities or {}).get(choice.index), labels)
            for run, choice in answers
        ),
        truth=tuple(truth_form(column_value(run.row or {}, column)) for run, _ in answers),
    )


def judge(column: str, runs: Sequence[CheckedRun], labels: Sequence[str]) -> CheckOutcomes:
    """Compare each answer with the right one: the check `correct`.

    A row whose truth is missing counts as an exception does.

    Args:
        column: As for `judged_answers`.
        runs: As for `judged_answers`.
        labels: As for `judged_answers`.

    Raises:
        InvalidRequest: There are no rows, or no such column.
    """
    judged = judged_answers(column, runs, labels)
    answers = [(run, choice) for run in runs for choice in run.result.choices]
    verdicts = tuple(
        Verdict(None, f"the truth is missing in column {column}")
        if truth is None
        else Verdict(said == truth)
        for said, truth in zip(judged.said, judged.truth, strict=True)
    )
    return CheckOutcomes(
        names=(CORRECT,),
        run=tuple(run.number for run, _ in answers),
        choice=tuple(choice.index for _, choice in answers),
        verdicts=(verdicts,),
        judged=judged,
    )


def notebook_variables() -> Mapping[str, Any]:
    """Return the variables of the notebook that this runs in; none in plain Python."""
    variables = vars(sys.modules["__main__"])
    return variables if "get_ipython" in variables else {}
