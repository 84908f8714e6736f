"""Answers side by side, with the results of comparing them, as every picture of them needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from chat_magic.core.reply.scored_text import facts_of
from chat_magic.view.checks_view import marks_words
from chat_magic.view.summary import notices
from chat_magic.view.token_roles import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat_magic.analysis.answer_tree import Node
    from chat_magic.analysis.comparison import AnswerBranch, Comparison
    from chat_magic.analysis.diff_units import DiffUnit
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import Choice
    from chat_magic.view.bundle import RunView

Opens = Literal["answers", "diff"]

TABLE_FIRST = 12
"""Number of answers beyond which a table is shown before the answers themselves."""


@dataclass(frozen=True, kw_only=True)
class ComparisonModel:
    """Answers side by side; an answer is named by its position among those of all runs."""

    runs: Sequence[RunView]
    analysis: Comparison
    trees: Sequence[Sequence[Node]]
    """One for each run."""
    run_titles: tuple[str, ...]
    titles: tuple[str, ...]
    """One for each answer."""
    base: int
    """Position of the answer that the others are compared with."""
    by: DiffUnit

    @property
    def several(self) -> bool:
        """Whether there are at least two answers."""
        return len(self.analysis.answers) > 1

    @cached_property
    def is_scored(self) -> bool:
        """Whether the answers are texts that were scored: they are no samples."""
        choices = [choice for run in self.runs for choice in run.reply.choices]
        return all(facts_of(choice) is not None for choice in choices)

    @property
    def sampled_branches(self) -> Sequence[AnswerBranch]:
        """The branches at the first divergence; none of texts that were scored."""
        return () if self.is_scored else self.analysis.branches

    @cached_property
    def has_choices(self) -> bool:
        """Whether a run has several answers."""
        return any(len(run.reply.choices) > 1 for run in self.runs)

    @cached_property
    def groups(self) -> list[tuple[int, ...]]:
        """Positions of identical answers, the largest group first."""
        return _by_size(self.analysis.groups)

    @cached_property
    def groups_by_run(self) -> list[list[tuple[int, ...]]]:
        """The groups within each run."""
        groups: list[list[tuple[int, ...]]] = [[] for _ in self.runs]
        for group in self.analysis.groups:
            by_run: dict[int, list[int]] = {}
            for position in group:
                by_run.setdefault(self.analysis.answers[position].run, []).append(position)
            for run, positions in by_run.items():
                groups[run].append(tuple(positions))
        return [_by_size(of_run) for of_run in groups]

    @cached_property
    def group_of(self) -> dict[int, tuple[int, ...]]:
        """The group of each answer, by position."""
        return {position: group for group in self.analysis.groups for position in group}

    @cached_property
    def notices(self) -> list[str]:
        """The warnings that all runs have in common."""
        by_run = [notices(run) for run in self.runs]
        return [notice for notice in by_run[0] if all(notice in others for others in by_run)]

    @cached_property
    def n_tokens(self) -> int:
        """Number of tokens with log probabilities in all answers."""
        choices = (choice for run in self.runs for choice in run.reply.choices)
        return sum(len(tokens_of(choice)) for choice in choices)

    def marks_at(self, positions: Sequence[int]) -> str:
        """Mark answers as their checks say, as one; empty if they are not checked."""
        marks = [self.run_at(at).choice_marks.get(self.choice_at(at).index) for at in positions]
        return marks_words(marks) if any(marks) else ""

    def choice_at(self, position: int) -> Choice:
        """Return the choice of the answer at a position."""
        answer = self.analysis.answers[position]
        return self.runs[answer.run].reply.choices[answer.choice]

    def run_at(self, position: int) -> RunView:
        """Return the run of the answer at a position."""
        return self.runs[self.analysis.answers[position].run]


def _by_size(groups: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return sorted(groups, key=lambda group: (-len(group), group))


def compare_runs(
    runs: Sequence[RunView],
    *,
    base: int | None = None,
    by: DiffUnit = "word",
    ignore_whitespace: bool = False,
) -> ComparisonModel | None:
    """Compare the answers of runs; return None for a single run with at most one answer.

    Args:
        runs: Their choices are the answers, in order.
        base: Position of the answer that the others are compared with; by default the most
            frequent one.
        by: The unit of a difference.
        ignore_whitespace: Whether answers that differ only in white space are identical.
    """
    if len(runs) < 2 and all(len(run.reply.choices) < 2 for run in runs):
        return None
    from chat_magic.analysis.answer_tree import trees
    from chat_magic.analysis.comparison import compare_replies

    replies = [run.reply for run in runs]
    analysis = compare_replies(replies, ignore_whitespace=ignore_whitespace)
    run_titles = tuple(_run_title(run, position, runs) for position, run in enumerate(runs))
    return ComparisonModel(
        runs=runs,
        analysis=_without_trivial_divergence(analysis),
        trees=trees(replies),
        run_titles=run_titles,
        titles=_titles(runs, run_titles),
        base=analysis.base if base is None else base,
        by=by,
    )


def _without_trivial_divergence(analysis: Comparison) -> Comparison:
    """Drop the divergence if answers to several requests differ from their first token."""
    answers = analysis.answers
    if len({answer.run for answer in answers}) < 2 or any(answer.start for answer in answers):
        return analysis
    return replace(analysis, answers=tuple(replace(answer, end=0) for answer in answers))


def _run_title(run: RunView, position: int, runs: Sequence[RunView]) -> str:
    """Name a run by its coordinates in the grid, else its model, else its position."""
    if run.coordinates:
        return " · ".join(value_title(*item) for item in run.coordinates.items())
    models = [other.model for other in runs]
    return run.model if len(set(models)) == len(models) else f"run {position}"


def value_title(axis: str, title: str) -> str:
    """Name a value of an axis, with the axis' name if the value is unclear without it."""
    return f"{axis} {title}" if _needs_axis_name(title) else title


def _needs_axis_name(title: str) -> bool:
    try:
        float(title)
    except ValueError:
        return title.lower() in ("unset", "true", "false", "null", "none", "")
    return True


def _titles(runs: Sequence[RunView], run_titles: Sequence[str]) -> tuple[str, ...]:
    titles = []
    for run, title in zip(runs, run_titles, strict=True):
        run_part = [title] if len(runs) > 1 else []
        for choice in run.reply.choices:
            name = f"choice {choice.index}" if run_part else str(choice.index)
            choice_part = [name] if len(run.reply.choices) > 1 else []
            titles.append(" · ".join([*run_part, *choice_part]))
    return tuple(titles)


def is_matrix(axes: Sequence[Axis]) -> bool:
    """Whether a grid is drawn as a matrix; runs that differ only in the model stand in columns."""
    return bool(axes) and [axis.name for axis in axes] != ["model"]
