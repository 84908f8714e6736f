"""The possible answers to a request, and the place of the answer that decides between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection

At = str | re.Pattern[str]

MOST_ALTERNATIVES = 20
"""The alternatives of each token that are asked for where labels need them."""
REST = ("ambiguous", "other", "residual")
"""What tables have besides the labels: the rest of the probability."""
_TAKEN = ("run", "choice", "position", "token", *REST)


@dataclass(frozen=True)
class LabelSet:
    """Labels, which are possible answers, and where in an answer they are.

    Raises:
        InvalidRequest: Two labels are alike, one is the name of a column, or `at` is not a place.
    """

    labels: tuple[str, ...]
    at: At = "first"

    def __post_init__(self) -> None:
        label_forms(self.labels)
        check_place(self.at)


def read_labels(labels: Any, at: Any = None, columns: Collection[Any] = ()) -> LabelSet | None:
    """Read labels, and the place of the answer, from the arguments of a call.

    Args:
        labels: The possible answers.
        at: Where they are; by default at the start of the answer.
        columns: Those of the data, none of which a single label may be.

    Raises:
        InvalidRequest: They are not labels, or a place is given without labels.
    """
    if labels is None:
        if at is not None:
            raise InvalidRequest("labels_at requires labels, the possible answers")
        return None
    words = [labels] if isinstance(labels, str) else labels
    if isinstance(words, Sequence) and len(words) == 1 and words[0] in columns:
        raise InvalidRequest(
            f"labels {words[0]}: labels are the possible answers; the right ones are "
            f"--truth COLUMN, here --truth {words[0]}"
        )
    label_forms(labels)
    return LabelSet(tuple(labels), "first" if at is None else at)


def label_forms(labels: Any) -> list[str]:
    """Return the forms in which labels are compared.

    Raises:
        InvalidRequest: They are not a list of texts, two are alike, or one is the name of a column.
    """
    is_list = isinstance(labels, Sequence) and not isinstance(labels, str)
    if not is_list or not labels or not all(isinstance(label, str) for label in labels):
        raise InvalidRequest(f"labels {labels!r}: must be a list of texts, such as ['yes', 'no']")
    forms = [label_form(label) for label in labels]
    for number, (label, form) in enumerate(zip(labels, forms, strict=True)):
        if why := _label_fault(label, form, forms[:number]):
            raise InvalidRequest(f"labels: {label!r} {why}")
    return forms


def _label_fault(label: str, form: str, earlier: Sequence[str]) -> str:
    """Return why a text cannot be a label; empty if it can."""
    if label in _TAKEN:
        return "is a column of the table"
    if not form or form in earlier:
        return "is empty, or like another one"
    has_surrogate = any("\ud800" <= character <= "\udfff" for character in label)
    return "has a lone surrogate, which no model can write" if has_surrogate else ""


def label_form(text: str) -> str:
    """Return the form in which a text is compared: after NFKC, without case and outer spaces."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def check_place(at: Any) -> None:
    """Check the place of an answer.

    Raises:
        InvalidRequest: It is not one.
    """
    if isinstance(at, re.Pattern):
        return
    if isinstance(at, str) and (at in ("first", "") or at.startswith("/")):
        return
    raise InvalidRequest(
        f"at {at!r}: must be 'first', a JSON Pointer such as '/label', or a compiled pattern"
    )
