"""What all pictures of a comparison say alike: titles, agreement, where the answers part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from chat_magic.view.summary import name, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.compare import Comparison, Way
    from chat_magic.analysis.tree import Node
    from chat_magic.view.bundle import Run

By = Literal["word", "token", "sentence", "json"]
Opens = Literal["answers", "diff"]

_MOST_WAYS = 4
"""Ways that the chip names."""


class Axis(Protocol):
    """What the runs of a grid differ in, in one direction."""

    @property
    def name(self) -> str:
        """Of the parameter or variable, or `model`."""

    @property
    def titles(self) -> Sequence[str]:
        """What each value is called."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Answers beside each other, and what was found in them."""

    runs: Sequence[Run]
    comparison: Comparison
    trees: Sequence[Sequence[Node]]
    """One a run."""
    titles: tuple[str, ...]
    """What each answer is called."""
    base: int
    """Place of the answer that the others are held against."""
    by: By


def compared(runs: Sequence[Run], *, base: int | None = None, by: By = "word") -> Compared | None:
    """Compare the answers of runs; None where there are fewer than two.

    Args:
        runs: Their choices are the answers, in order.
        base: Place of the answer that the others are held against; else the most frequent one.
        by: What a difference is made of.
    """
    if sum(len(run.reply.choices) for run in runs) < 2:
        return None
    from chat_magic.analysis.compare import compare  # noqa: PLC0415 - a sole answer needs no numpy
    from chat_magic.analysis.tree import trees  # noqa: PLC0415

    replies = [run.reply for run in runs]
    comparison = compare(replies)
    return Compared(
        runs=runs,
        comparison=comparison,
        trees=trees(replies),
        titles=_titles(runs),
        base=comparison.base if base is None else base,
        by=by,
    )


def run_title(run: Run, place: int, runs: Sequence[Run]) -> str:
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


def _titles(runs: Sequence[Run]) -> tuple[str, ...]:
    titles = []
    for place, run in enumerate(runs):
        choices = run.reply.choices
        own = [run_title(run, place, runs)] if len(runs) > 1 else []
        for choice in choices:
            number = f"choice {choice.index}" if own else str(choice.index)
            titles.append(" · ".join([*own, *([number] if len(choices) > 1 else [])]))
    return tuple(titles)


def chip(ways: Sequence[Way]) -> str | None:
    """Say how the answers go on where they part first: as the model held it, and as it came.

    `here: Charlotte 31 % · Clara 9 % (model) vs 3/4 · 1/4 (sampled)`; None where they do not part.
    """
    if not ways:
        return None
    shown = ways[:_MOST_WAYS]
    more = f" · {len(ways) - len(shown)} more" * (len(ways) > len(shown))
    sampled = " · ".join(f"{way.count}/{way.among}" for way in shown)
    named = " · ".join(map(_way, shown))
    if all(way.model_prob is None for way in shown):
        return f"here: {named}{more}, {sampled} (sampled)"
    return f"here: {named}{more} (model) vs {sampled} (sampled)"


def _way(way: Way) -> str:
    words = way_name(way.text)
    return words if way.model_prob is None else f"{words} {percent(way.model_prob)} %"


def way_name(text: str) -> str:
    """Name what an answer goes on with, which can be nothing."""
    return name(text) if text else "the end"


def agreement_words(compared: Compared) -> str:
    """Say how far the answers agree.

    Entropy and unseen mass are told of the answers to one request only: those of several come
    from several distributions.
    """
    found, count = compared.comparison.agreement, len(compared.comparison.answers)
    different = round(found.distinct * count)
    if different == 1:
        return f"all {count} agree"
    words = [
        f"{round(found.share * count)} of {count} agree" if different < count else "none agree"
    ]
    words.append(f"{different} different")
    if len(compared.runs) == 1 and math.isfinite(found.entropy_nats):
        correction = (different - 1) / (2 * count)
        plain = found.entropy_nats - correction
        words.append(
            f"entropy {found.entropy_nats:.2f} nats"
            f" ({plain:.2f} + {correction:.2f} for the small number of answers)"
        )
        words.append(f"a new answer next time: about {percent(found.unseen_mass)} %")
    return " · ".join(words)
