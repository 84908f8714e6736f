"""The tables of an ablation: how far each segment of a prompt moves the answer or the labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chat_magic.analysis.table_columns import strings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.prompt_segments import PromptSegment

__all__ = [
    "NONE_BELOW_BITS",
    "LabelBounds",
    "ablation_table",
    "label_bounds",
    "labels_ablation_table",
    "noise_bits",
]


class LabelBounds(NamedTuple):
    """Between which values the probability of a label is, 0 to 1; NaN where it is not known."""

    low: float
    high: float


NONE_BELOW_BITS = 0.05
"""Below this a difference counts as none, however well the server repeats its figures."""
UNKNOWN = LabelBounds(math.nan, math.nan)


def ablation_table(
    segments: Sequence[PromptSegment], before: float, after: Sequence[float]
) -> pd.DataFrame:
    """Return a row for each segment: the table `ABLATION` of `column_docs`.

    Args:
        segments: The segments.
        before: Log probability of the answer after the whole prompt, in nats.
        after: For each segment, that after the prompt without it; NaN where it is not known.
    """
    logprobs = np.array(after, dtype=np.float64)
    return pd.DataFrame(
        {
            **_places(segments),
            "bits": (before - logprobs) / math.log(2),
            "prob_before": np.full(len(segments), math.exp(before)),
            "prob_after": np.exp(logprobs),
        }
    )


def labels_ablation_table(
    segments: Sequence[PromptSegment],
    before: Mapping[str, LabelBounds],
    after: Sequence[Mapping[str, LabelBounds]],
) -> pd.DataFrame:
    """Return a row for each segment and label: the table `LABELS_ABLATION` of `column_docs`.

    Args:
        segments: The segments.
        before: The bounds of each label's probability after the whole prompt.
        after: For each segment, those after the prompt without it; empty where they are not known.
    """
    labels = [*before]
    repeated = [segment for segment in segments for _ in labels]
    ends = [found.get(label, UNKNOWN) for found in after for label in labels]
    starts = [before[label] for _ in segments for label in labels]
    bounds = {
        "prob_before_low": [bound.low for bound in starts],
        "prob_before_high": [bound.high for bound in starts],
        "prob_after_low": [bound.low for bound in ends],
        "prob_after_high": [bound.high for bound in ends],
    }
    return pd.DataFrame(
        {
            **_places(repeated),
            "label": strings([label for _ in segments for label in labels]),
            **{name: np.array(values, dtype=np.float64) for name, values in bounds.items()},
        }
    )


def noise_bits(whole: float, again: float) -> float:
    """Return the bits below which a difference counts as none, where a prompt was scored twice.

    Args:
        whole: Log probability of the answer after the whole prompt, in nats.
        again: The same, asked for again; NaN if it was not.
    """
    moved = abs(whole - again) / math.log(2)
    return max(NONE_BELOW_BITS, moved) if math.isfinite(moved) else NONE_BELOW_BITS


def label_bounds(row: Mapping[Any, Any], labels: Sequence[str]) -> dict[str, LabelBounds]:
    """Return the bounds of labels from a row of `.labels`.

    What begins several labels, and what is not listed, may all belong to a label, or none of it.
    """
    open_mass = row["ambiguous"] + row["residual"]
    return {
        label: LabelBounds(float(row[label]), min(float(row[label] + open_mass), 1.0))
        for label in labels
    }


def _places(segments: Sequence[PromptSegment]) -> dict[str, Any]:
    return {
        "message": np.array([segment.message for segment in segments], dtype=np.int32),
        "segment": strings([segment.text for segment in segments]),
        "start": np.array([segment.start for segment in segments], dtype=np.int32),
        "end": np.array([segment.end for segment in segments], dtype=np.int32),
    }
