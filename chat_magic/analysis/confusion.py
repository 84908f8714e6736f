"""How often each true value was answered by what."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.truth import Judged

MOST_ANSWERS = 20
"""Answers that have columns of their own, besides the true values."""
OTHER = "(other)"
"""The column of all rarer ones."""


def confusion_table(judged: Judged, variant: Sequence[int], titles: Sequence[str]) -> pd.DataFrame:
    """Count the answers of each variant by what is true and what they say.

    Args:
        judged: What the answers say; those without a truth are left out.
        variant: The variant of each answer, as its place in `titles`.
        titles: The variants.

    Returns:
        A row for each variant and true value, and a column for each answer: the true values
        first, in their order, then further answers, the most frequent first.
    """
    known = [
        (place, truth, said)
        for place, truth, said in zip(variant, judged.truth, judged.said, strict=True)
        if truth is not None
    ]
    truths = list(dict.fromkeys(truth for truth in judged.truth if truth is not None))
    further = Counter(said for _, _, said in known if said not in truths)
    shown = [*truths, *(said for said, _ in further.most_common(MOST_ANSWERS))]
    has_other = len(further) > MOST_ANSWERS
    counts = Counter((p, truth, said if said in shown else OTHER) for p, truth, said in known)
    columns = [*shown, OTHER] if has_other else shown
    index = pd.MultiIndex.from_product([list(titles), truths], names=["variant", "truth"])
    data = [
        [counts[place, truth, said] for said in columns]
        for place in range(len(titles))
        for truth in truths
    ]
    return pd.DataFrame(data, index=index, columns=pd.Index(columns, name="answer"), dtype="int64")
