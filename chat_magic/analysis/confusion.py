"""How often each true value was answered by what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.truth import Judged

MOST_ANSWERS = 20
"""Answers that have columns of their own, besides the true values."""
OTHER = "(other)"
"""The column of all rarer ones."""


class ConfusionCounts(NamedTuple):
    """How often each true value was answered by what."""

    truths: list[str]
    answers: list[str]
    """The true values, then further answers, the most frequent first."""
    counts: list[list[list[int]]]
    """For each variant and true value, the count of each answer."""


def confusion_counts(judged: Judged, variant: Sequence[int], n_variants: int) -> ConfusionCounts:
    """Count the answers of each variant by what is true and what they say.

    Args:
        judged: What the answers say; those without a truth are left out.
        variant: The variant of each answer, from 0.
        n_variants: How many variants there are.
    """
    known = [
        (place, truth, said)
        for place, truth, said in zip(variant, judged.truth, judged.said, strict=True)
        if truth is not None
    ]
    truths = list(dict.fromkeys(truth for truth in judged.truth if truth is not None))
    further = Counter(said for _, _, said in known if said not in truths)
    shown = [*truths, *(said for said, _ in further.most_common(MOST_ANSWERS))]
    counts = Counter((p, truth, said if said in shown else OTHER) for p, truth, said in known)
    answers = [*shown, OTHER] if len(further) > MOST_ANSWERS else shown
    return ConfusionCounts(
        truths,
        answers,
        [
            [[counts[place, truth, said] for said in answers] for truth in truths]
            for place in range(n_variants)
        ],
    )


def confusion_table(judged: Judged, variant: Sequence[int], titles: Sequence[str]) -> pd.DataFrame:
    """Return these counts as a table.

    Args:
        judged: As for `confusion_counts`.
        variant: As for `confusion_counts`.
        titles: The variants.

    Returns:
        A row for each variant and true value, and a column for each answer.
    """
    truths, answers, counts = confusion_counts(judged, variant, len(titles))
    index = pd.MultiIndex.from_product([list(titles), truths], names=["variant", "truth"])
    data = [of_truth for of_variant in counts for of_truth in of_variant]
    return pd.DataFrame(data, index=index, columns=pd.Index(answers, name="answer"), dtype="int64")
