"""What all pictures of a comparison say alike: titles, agreement, where the answers part."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.summary import (
    money,
    name,
    notices,
    number,
    percent,
    perplexity_fact,
    token_facts,
)
from chat_magic.view.text_segments import text_segments, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chat_magic.analysis.answer_tree import Node
    from chat_magic.analysis.comparison import AnswerBranch, ComparedAnswer, Comparison
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import Choice
    from chat_magic.view.bundle import RunView

By = Literal["word", "token", "sentence", "json"]
Opens = Literal["answers", "diff"]

TABLE_FIRST = 12
"""Answers beyond which a table says more than all of them beside or below each other."""
_MOST_WAYS = 4
"""Ways that the chip names."""
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class ComparisonModel:
    """Answers beside each other, and what was found in them."""

    runs: Sequence[RunView]
    comparison: Comparison
    trees: Sequence[Sequence[Node]]
    """One a run."""
    run_titles: tuple[str, ...]
    titles: tuple[str, ...]
    """What each answer is called."""
    base: int
    """Place of the answer that the others are held against."""
    by: By

    @property
    def several(self) -> bool:
        """Whether there is something to compare."""
        return len(self.comparison.answers) > 1

    @cached_property
    def has_choices(self) -> bool:
        """Whether a run has several answers."""
        return any(len(run.reply.choices) > 1 for run in self.runs)

    @cached_property
    def groups(self) -> list[tuple[int, ...]]:
        """Places of identical answers, the largest group first."""
        return _by_size(self.comparison.groups)

    @cached_property
    def groups_by_run(self) -> list[list[tuple[int, ...]]]:
        """The same within each run."""
        found: list[list[tuple[int, ...]]] = [[] for _ in self.runs]
        for group in self.comparison.groups:
            own: dict[int, list[int]] = {}
            for place in group:
                own.setdefault(self.comparison.answers[place].run, []).append(place)
            for run, places in own.items():
                found[run].append(tuple(places))
        return [_by_size(groups) for groups in found]

    @cached_property
    def group_of(self) -> dict[int, tuple[int, ...]]:
        """The places of the answers that are identical to the one at a place, itself included."""
        return {place: group for group in self.comparison.groups for place in group}

    @cached_property
    def notices(self) -> list[str]:
        """What all runs are to be told of, in words."""
        own = [notices(run) for run in self.runs]
        return [words for words in own[0] if all(words in other for other in own)]

    @cached_property
    def n_tokens(self) -> int:
        """How many tokens came in all."""
        choices = (choice for run in self.runs for choice in run.reply.choices)
        return sum(len(tokens_of(choice)) for choice in choices)


def _by_size(groups: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    return sorted(groups, key=lambda group: (-len(group), group))


def compared(
    runs: Sequence[RunView],
    *,
    base: int | None = None,
    by: By = "word",
    ignore_whitespace: bool = False,
) -> ComparisonModel | None:
    """Compare the answers of runs; None where there is but one run with one answer, or without.

    Args:
        runs: Their choices are the answers, in order.
        base: Place of the answer that the others are held against; else the most frequent one.
        by: What a difference is made of.
        ignore_whitespace: Whether answers are identical that differ in their white space alone.
    """
    if len(runs) < 2 and all(len(run.reply.choices) < 2 for run in runs):
        return None
    from chat_magic.analysis.answer_tree import trees
    from chat_magic.analysis.comparison import compare_replies

    replies = [run.reply for run in runs]
    comparison = _ringed(compare_replies(replies, ignore_whitespace=ignore_whitespace))
    run_titles = tuple(_run_title(run, place, runs) for place, run in enumerate(runs))
    return ComparisonModel(
        runs=runs,
        comparison=comparison,
        trees=trees(replies),
        run_titles=run_titles,
        titles=_titles(runs, run_titles),
        base=comparison.base if base is None else base,
        by=by,
    )


def _ringed(comparison: Comparison) -> Comparison:
    """Ring nothing where answers to several requests differ from their first token on."""
    answers = comparison.answers
    if len({answer.run for answer in answers}) < 2 or any(answer.start for answer in answers):
        return comparison
    return replace(comparison, answers=tuple(replace(answer, end=0) for answer in answers))


def _run_title(run: RunView, place: int, runs: Sequence[RunView]) -> str:
    """Name a run among others: by its place in the grid, else its model, else its number."""
    if run.coordinates:
        return " · ".join(value_title(*item) for item in run.coordinates.items())
    models = [other.model for other in runs]
    return run.model if len(set(models)) == len(models) else f"run {place}"


def value_title(axis: str, title: str) -> str:
    """Name a value of an axis, with the axis' name where the value would not speak for itself."""
    return f"{axis} {title}" if _is_mute(title) else title


def _is_mute(title: str) -> bool:
    """Whether a title is a bare number, or says no more than yes or no."""
    try:
        float(title)
    except ValueError:
        return title.lower() in ("unset", "true", "false", "null", "none", "")
    return True


def _titles(runs: Sequence[RunView], run_titles: Sequence[str]) -> tuple[str, ...]:
    titles = []
    for run, title in zip(runs, run_titles, strict=True):
        own = [title] if len(runs) > 1 else []
        for choice in run.reply.choices:
            number = [f"choice {choice.index}" if own else str(choice.index)]
            titles.append(" · ".join([*own, *(number if len(run.reply.choices) > 1 else [])]))
    return tuple(titles)


def divergence_summary(
    ways: Sequence[AnswerBranch], *, show: Callable[[str], str] = str
) -> str | None:
    """Say how the answers go on where they part first: as the model held it, and as it came.

    Args:
        ways: The most frequent first.
        show: Writes a token's name, for HTML; the other words are the same there.

    Returns:
        `here: Charlotte 31 % · Clara 9 % (model) vs 3/4 · 1/4 (sampled)`; None where they
        do not part.
    """
    if not ways:
        return None
    shown = ways[:_MOST_WAYS]
    more = f" · {len(ways) - len(shown)} more" * (len(ways) > len(shown))
    sampled = " · ".join(f"{way.count}/{way.among}" for way in shown)
    named = " · ".join(_way(way, show) for way in shown)
    if all(way.model_prob is None for way in shown):
        return f"here: {named}{more}, {sampled} (sampled)"
    return f"here: {named}{more} (model) vs {sampled} (sampled)"


def _way(way: AnswerBranch, show: Callable[[str], str]) -> str:
    words = show(way_name(way.text))
    return words if way.model_prob is None else f"{words} {percent(way.model_prob)} %"


def way_name(text: str) -> str:
    """Name what an answer goes on with, which can be nothing; a number in quotes, among figures."""
    bare = text.strip()
    return (f"“{bare}”" if bare.isdigit() else name(text)) if text else "the end"


def agreement_words(compared: ComparisonModel) -> str:
    """Say how far the answers agree.

    Entropy and unseen mass are told of the answers to one request only: those of several come
    from several distributions.
    """
    found, count = compared.comparison.agreement, len(compared.comparison.answers)
    different = round(found.distinct * count)
    everyone = "both" if count == 2 else f"all {count}"
    if different == 1:
        return f"{everyone} agree"
    most = round(found.share * count)
    words = [f"{most} of {count} agree", f"{different} different"]
    words = words if different < count else [f"{everyone} different"]
    if len(compared.runs) == 1:
        few = (different - 1) / (2 * count)
        plain = found.entropy_nats - few
        words.append(
            f"entropy {found.entropy_nats:.2f} nats ({plain:.2f} + {few:.2f} as they are few)"
        )
        words.append(f"about {100 * found.unseen_mass:.0f} % unseen")
    return " · ".join(words)


def key_names(compared: ComparisonModel, axes: Sequence[Axis]) -> list[str]:
    """Return the titles of the columns that name an answer in a table."""
    if not is_matrix(axes):
        return [""]
    return [*(axis.name for axis in axes), *(["choice"] if compared.has_choices else [])]


def answer_key(compared: ComparisonModel, place: int, axes: Sequence[Axis]) -> list[str]:
    """Return what names an answer in a table: its values and its index, or its title."""
    if not is_matrix(axes):
        return [compared.titles[place]]
    answer = compared.comparison.answers[place]
    return run_key(compared, answer.run, axes, str(choice_at(compared, place).index))


def run_key(
    compared: ComparisonModel, run: int, axes: Sequence[Axis], choice: str = ""
) -> list[str]:
    """Return what names a run in a table, and one of its choices."""
    if not is_matrix(axes):
        return [compared.run_titles[run]]
    width = len(key_names(compared, axes))
    return [*compared.runs[run].coordinates.values(), choice][:width]


def is_matrix(axes: Sequence[Axis]) -> bool:
    """Whether runs are a grid to be drawn as one; models alone stand side by side."""
    return bool(axes) and [axis.name for axis in axes] != ["model"]


def choice_at(compared: ComparisonModel, place: int) -> Choice:
    """Return the choice that is the answer at a place."""
    answer = compared.comparison.answers[place]
    return compared.runs[answer.run].reply.choices[answer.choice]


def run_words(run: RunView) -> list[str]:
    """Say the time, the tokens and the cost of a run; no more than fits beside others."""
    facts = [f"{number(run.timing.total_s)} s", *token_facts(run.usage)]
    return facts if run.cost is None else [*facts, money(run.cost)]


def figure_words(choice: Choice) -> list[str]:
    """Say how sure the model was of a choice: in all, in the mean, and where least."""
    found = choice_metrics(choice)
    fact = perplexity_fact(choice)
    if fact is None or found.mean_logprob is None:
        return []
    least = min(text_segments(tokens_of(choice)), key=lambda piece: _or_one(piece.prob))
    words = [fact, f"mean {signed(found.mean_logprob)}"]
    return [*words, f"least sure {name(least.text)} {percent(_or_one(least.prob))} %"]


def _or_one(prob: float | None) -> float:
    return 1.0 if prob is None else prob


def signed(logprob: float) -> str:
    """Write a log probability in nats with two decimals, and a minus sign that is one."""
    return f"{logprob:.2f}".replace("-", "\u2212")


def times(count: int) -> str:
    """Write how often an answer came, where it came more than once."""
    return f"\u00d7{count}" if count > 1 else ""


def one_line(text: str) -> str:
    """Write a text in one line, its line breaks as ↵."""
    return _SPACES.sub(lambda match: "↵" if "\n" in match[0] else " ", text)


class ExcerptPart(NamedTuple):
    """A stretch of an answer: before the token in which it leaves others, that token, or after."""

    kind: Literal["shared", "parting", "own"]
    text: str


def excerpt(answer: ComparedAnswer, most: int) -> list[ExcerptPart]:
    """Return what tells an answer from others at a glance, in one line and its parts.

    Args:
        answer: The answer.
        most: Characters to keep: from its start if the place where it parts is among them, else
            from a little before that place.
    """
    text, start, end = answer.text, answer.start, answer.end
    if start == len(text):
        start, end = 0, 0
    first = 0 if end <= most else max(0, start - most // 4)
    cut = f"…{text[first:start]}" if first else text[:start]
    last = max(first + most, end)
    after = text[end:last] + "…" * (last < len(text))
    parts = [
        ExcerptPart("shared", cut),
        ExcerptPart("parting", text[start:end]),
        ExcerptPart("own", after),
    ]
    return [ExcerptPart(part.kind, _SPACES.sub(" ", part.text)) for part in parts if part.text]
