"""What one line says of the answers of a run: probabilities of labels, and unsure tokens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chat_magic.view.summary import in_choices, percent_digits, token_name, unsure_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chat_magic.view.bundle import RunView

_MOST_OTHERS = 5
_LEAST_PROB = 0.01
_REST = {"ambiguous": "ambiguous", "other": "other", "residual": "not listed"}
"""What a line calls the columns of `labels_table` that are no label."""


def run_summary(run: RunView, *, show: Callable[[str], str] = str) -> str | None:
    """Write `labels: good 62% (bad 30, other 7) · unsure: Charlotte 31% (Catherine 24, Clara 9)`.

    Args:
        run: The run.
        show: Formats the name of a label or token, for HTML.

    Returns:
        The line; None if there is nothing to say. See `labels_summary` and `unsure_summary`.
    """
    unsure = unsure_summary(run.reply.choices, json_prefill=run.json_prefill, show=show)
    return " · ".join(filter(None, [labels_summary(run, show=show), unsure])) or None


def labels_summary(run: RunView, *, show: Callable[[str], str] = str) -> str | None:
    """Write the likeliest label, and the others of 1% and more, of a request that is in no grid.

    Args:
        run: The run.
        show: As for `run_summary`.

    Returns:
        `labels: good 62% (bad 30, other 8)`, of choices that differ with ` in choice 1`; at most
        five other labels are named. None without labels or probabilities.
    """
    if run.labels is None or run.coordinates:
        return None
    choices: dict[str, list[int]] = {}
    for index, words in _label_words(run, show):
        choices.setdefault(words, []).append(index)
    if not choices:
        return None
    named = [
        words + (in_choices(indexes) if len(choices) > 1 else "")
        for words, indexes in choices.items()
    ]
    return f"labels: {' · '.join(named)}"


def _label_words(run: RunView, show: Callable[[str], str]) -> Iterator[tuple[int, str]]:
    labels = () if run.labels is None else run.labels.labels
    for row in run.label_rows:
        best, *others = sorted(labels, key=lambda label: -row[label])
        if math.isnan(row[best]):
            continue
        rest = [(show(token_name(label)), row[label]) for label in others[:_MOST_OTHERS]]
        rest += [(words, row[name]) for name, words in _REST.items()]
        said = [f"{words} {_digits(prob)}" for words, prob in rest if prob >= _LEAST_PROB]
        first = f"{show(token_name(best))} {_digits(row[best])}%"
        yield row["choice"], f"{first} ({', '.join(said)})" if said else first


def _digits(prob: float) -> str:
    """Format a probability as a percentage, which is 0 or 100 only if it is exactly that."""
    if 0.995 <= prob < 1:
        return f"{min(100 * prob, 99.9):.1f}"
    return percent_digits(prob) if prob else "0"
