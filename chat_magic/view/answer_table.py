"""The table of compared answers: a row for each distinct answer of a run, with its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.comparison_model import is_matrix
from chat_magic.view.comparison_summary import signed, times
from chat_magic.view.summary import finish_words, money, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel

T = TypeVar("T")

_COLUMNS = (
    "checks",
    "times",
    "finish",
    "tokens",
    "perplexity",
    "mean logprob",
    "least sure",
    "bits/byte",
    "time",
    "in · out",
    "cost",
)
"""In the order in which they are shown; those of the run come last."""


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """Identical answers of a run, or the reason why it has none."""

    key: Sequence[str]
    """What names the answer: its coordinates and index, or its title."""
    cells: Mapping[str, str]
    """Formatted values by column; what is unknown is empty or missing."""
    position: int | None = None
    """Of the first of the answers; None if the run has none."""
    problem: str | None = None
    """Why the run has no answer, or no complete one."""


@dataclass(frozen=True, kw_only=True)
class AnswerTable:
    """Columns and rows, without a column for the answers themselves."""

    key_columns: Sequence[str]
    columns: Sequence[str]
    """Those that have a value in some row."""
    rows: Sequence[AnswerRow]


def answer_table(comparison: ComparisonModel, axes: Sequence[Axis]) -> AnswerTable:
    """Return the rows of all runs, in order, each run's most frequent answer first."""
    rows: list[AnswerRow] = []
    for index, run in enumerate(comparison.runs):
        groups = comparison.groups_by_run[index]
        rows += [_answer_row(comparison, group, axes) for group in groups]
        if run.error or not groups:
            rows.append(_problem_row(comparison, index, axes))
    columns = dict.fromkeys(name for row in rows for name, value in row.cells.items() if value)
    return AnswerTable(
        key_columns=_key_columns(comparison, axes),
        columns=[name for name in _COLUMNS if name in columns],
        rows=rows,
    )


def _answer_row(
    comparison: ComparisonModel, group: tuple[int, ...], axes: Sequence[Axis]
) -> AnswerRow:
    position = group[0]
    choice, run = comparison.choice_at(position), comparison.run_at(position)
    metrics = choice_metrics(choice, run.usage_of_choice)
    cells = {
        "checks": comparison.marks_at(group),
        "times": times(len(group)),
        "finish": finish_words(choice),
        "tokens": _format(metrics.n_tokens, str),
        "perplexity": _format(metrics.perplexity, "{:.2f}".format),
        "mean logprob": _format(metrics.mean_logprob, signed),
        "least sure": _format(metrics.min_prob, percent),
    }
    if len(comparison.runs) > 1:
        cells |= {"bits/byte": _format(metrics.bits_per_byte, "{:.2f}".format), **_run_cells(run)}
    return AnswerRow(key=_answer_key(comparison, position, axes), cells=cells, position=position)


def _run_cells(run: RunView) -> dict[str, str]:
    usage = run.usage
    return {
        "time": f"{number(run.timing.total_s)} s",
        "in · out": f"{usage.prompt_tokens} · {usage.completion_tokens}" if usage else "",
        "cost": _format(run.cost, money),
    }


def _format(value: T | None, format_value: Callable[[T], str]) -> str:
    return "" if value is None else format_value(value)


def _problem_row(comparison: ComparisonModel, run: int, axes: Sequence[Axis]) -> AnswerRow:
    error = comparison.runs[run].error
    return AnswerRow(
        key=_run_key(comparison, run, axes),
        cells={"finish": "failed"} if error else {},
        problem=error or "no answer",
    )


def _key_columns(comparison: ComparisonModel, axes: Sequence[Axis]) -> list[str]:
    if not is_matrix(axes):
        return [""]
    return [*(axis.name for axis in axes), *(["choice"] if comparison.has_choices else [])]


def _answer_key(comparison: ComparisonModel, position: int, axes: Sequence[Axis]) -> list[str]:
    if not is_matrix(axes):
        return [comparison.titles[position]]
    answer = comparison.analysis.answers[position]
    return _run_key(comparison, answer.run, axes, str(comparison.choice_at(position).index))


def _run_key(
    comparison: ComparisonModel, run: int, axes: Sequence[Axis], choice: str = ""
) -> list[str]:
    if not is_matrix(axes):
        return [comparison.run_titles[run]]
    key = [*comparison.runs[run].coordinates.values(), choice]
    return key[: len(_key_columns(comparison, axes))]
