"""Whether an answer is the right one: compared without case and outer white space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Judged:
    """What each answer says, and what is true, as they are compared; by answer."""

    column: str
    """The column of the data with the truth."""
    said: tuple[str, ...]
    truth: tuple[str | None, ...]
    """None where the truth is missing."""


def truth_form(value: Any) -> str | None:
    """Return the form in which a true value is compared; None if it is missing.

    Example:
        >>> truth_form(" Good "), truth_form(2.0), truth_form(float("nan"))
        ('good', '2', None)
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        value = int(value) if value.is_integer() else value
    return str(value).strip().casefold()


def said_form(answer: str, probabilities: Mapping[str, float] | None, labels: Sequence[str]) -> str:
    """Return what an answer says: the likeliest label, else its text, as it is compared.

    Args:
        answer: The text.
        probabilities: Of each label; NaN if they are not known, so that the text counts.
        labels: The labels; the first of equally likely ones counts.
    """
    known = {name: (probabilities or {}).get(name, math.nan) for name in labels}
    known = {name: probability for name, probability in known.items() if probability > 0}
    said = max(known, key=lambda name: known[name]) if known else answer
    return said.strip().casefold()
