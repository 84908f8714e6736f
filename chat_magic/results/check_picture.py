"""What checks said about some results, as pictures take it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from chat_magic.core.cell.grid import short_title, unique_titles
from chat_magic.view.check_words import exception_notices, versus_words
from chat_magic.view.checks_view import ChecksView, ConfusionView, RunMarks, VariantRate
from chat_magic.view.row_table import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.check_outcomes import CheckOutcomes
    from chat_magic.analysis.checks import CheckedLayout
    from chat_magic.view.row_table import Outcome

__all__ = ["checks_view", "run_marks"]

_MOST_COMPARED = 3
"""Variants that are compared in sentences: the best ones."""
_MOST_COUNTS = 5_000
"""Counts that the confusion tables of a picture have in all; of more, none is drawn."""


def checks_view(checked: CheckedLayout) -> ChecksView:
    """Return the rates of all variants, how the best ones compare, exceptions and confusion."""
    from chat_magic.analysis.checks import pass_figures

    titles = checked.layout.titles
    figures = [pass_figures(checked, place) for place in range(len(titles))]
    rates = [
        VariantRate(
            title=title,
            n_passed=known.n_passed,
            answers=known.answers,
            share=known.share,
            low=known.low,
            high=known.high,
            mixed=known.mixed,
            failed=known.failed,
        )
        for title, known in zip(titles, figures, strict=True)
    ]
    exceptions = exception_notices(checked.outcomes, _run_titles(checked))
    undrawn = _undrawn(checked)
    return ChecksView(
        rates=tuple(rates),
        sentences=_sentences(checked, rates),
        notices=(*checked.outcomes.notices, *exceptions, *undrawn),
        confusions=() if undrawn else _confusions(checked),
    )


def run_marks(checked: CheckOutcomes | None, n_runs: int) -> list[RunMarks]:
    """Return how the answers of each run are marked; not at all where they are not checked."""
    answers: list[list[int]] = [[] for _ in range(n_runs)]
    for answer, run in enumerate(checked.run if checked else ()):
        answers[run].append(answer)
    if checked is None:
        return [RunMarks({}, ()) for _ in answers]
    marks = checked.marks
    return [
        RunMarks(
            {checked.choice[answer]: marks[answer] for answer in of_run},
            tuple(
                Mark(check=name, outcome=_outcome([verdicts[answer].passed for answer in of_run]))
                for name, verdicts in zip(checked.names, checked.verdicts, strict=True)
            )
            if of_run
            else (),
        )
        for of_run in answers
    ]


def _outcome(passed: Sequence[bool | None]) -> Outcome:
    """Return what a check says of several choices: what fails one of them fails all."""
    return "unknown" if None in passed else "passed" if all(passed) else "failed"


def _sentences(checked: CheckedLayout, rates: list[VariantRate]) -> tuple[str, ...]:
    """Compare the best variants, the better one first; without rows there is nothing to compare."""
    from chat_magic.analysis.paired_difference import compare_paired

    if not checked.layout.has_rows:
        return ()
    means = [checked.means(place) for place in range(len(rates))]
    with_rows = [place for place in range(len(rates)) if len(means[place].row)]
    best = sorted(with_rows, key=lambda place: -rates[place].share)[:_MOST_COMPARED]
    sentences = []
    for a, b in combinations(best, 2):
        figures = compare_paired(means[a], means[b])
        unpaired = len({*means[a].row.tolist(), *means[b].row.tolist()}) - figures.rows
        sentences.append(versus_words(rates[a].title, rates[b].title, figures, unpaired))
    is_partial = 0 < len(best) < len(rates)
    more = [f".versus() compares all {len(rates)} variants."] if is_partial else []
    return (*sentences, *more)


def _run_titles(checked: CheckedLayout) -> dict[int, str]:
    """Name each run by its row; without rows by its variant."""
    layout = checked.layout
    return {
        run: f"row {layout.row_titles[row]}" if layout.has_rows else layout.titles[variant]
        for run, (row, variant) in enumerate(zip(layout.row, layout.variant, strict=True))
    }


def _undrawn(checked: CheckedLayout) -> tuple[str, ...]:
    """Say where the confusion tables are if they are too large to be drawn."""
    from chat_magic.analysis.confusion import MOST_ANSWERS

    judged = checked.outcomes.judged
    n_truths = len({*judged.truth} - {None}) if judged else 0
    n_counts = n_truths * (n_truths + MOST_ANSWERS) * len(checked.layout.titles)
    if judged is None or n_counts <= _MOST_COUNTS:
        return ()
    return (f"truth {judged.column}: {n_truths:,} different values; .confusion has the counts",)


def _confusions(checked: CheckedLayout) -> tuple[ConfusionView, ...]:
    judged = checked.outcomes.judged
    if judged is None or not judged.truth:
        return ()
    from chat_magic.analysis.confusion import confusion_counts

    layout = checked.layout
    variants = [layout.variant[run] for run in checked.outcomes.run]
    truths, answers, counts = confusion_counts(judged, variants, len(layout.titles))
    short = unique_titles(list(map(short_title, answers)))  # the first of them are the truths
    return tuple(
        ConfusionView(title, short[: len(truths)], short, of_variant)
        for title, of_variant in zip(layout.titles, counts, strict=True)
    )
