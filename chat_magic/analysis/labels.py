"""What the model would have answered: the probability of labels, and the mean of a scale."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.align import align
from chat_magic.analysis.arrays import Flags, Floats, Integers, integers
from chat_magic.analysis.metrics import VOCABULARY_SIZE, mass_residual
from chat_magic.analysis.segments import Segment
from chat_magic.analysis.spans import byte_offsets, segment, tokens_in_span
from chat_magic.analysis.table_columns import Data, nullable, strings, table
from chat_magic.analysis.token_metrics import alternative_logprobs
from chat_magic.core.reply.tokens import well_formed
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.reply_columns import MessagePart, ReplyColumns

At = str | re.Pattern[str]

_AROUND = " \t\r\n\"'“”\u2018\u2019«»`*_,.:;!?()[]{}"
"""What quotes, Markdown, JSON and the end of a sentence put around a label."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_TAKEN = ("run", "choice", "position", "token", "ambiguous", "other", "residual")


def labels_table(
    columns: ReplyColumns,
    labels: Sequence[str],
    *,
    attrs: Mapping[str, Any],
    at: At = "first",
    prefill: str | Sequence[str] = "",
) -> pd.DataFrame:
    """Return how probable each label was where the answer was decided; a row a choice.

    P(label) is the sum of the probabilities of the alternatives that begin this label and no
    other one, at the first token of the place that says something: white space, quotes and
    Markdown marks say nothing. Compared is what NFKC, case folding and stripping leave, so that
    ` Yes`, `yes` and `YES` count together; where that begins no label, it is also tried without
    the punctuation around it. A choice that was sampled counts no more than one that was not.

    Args:
        columns: The tokens of some replies.
        labels: What the answer can be; two of them may not be equal when compared.
        attrs: As for `tables.tokens_table`.
        at: Where the answer stands: `first`, at the start of the text; a JSON Pointer (`/label`);
            or a compiled pattern, whose first group, or else whole match, it is.
        prefill: What the request gave as the beginning of the answer, or each run's did.

    Returns:
        The table: run, choice, the position and the text of the deciding token, `ambiguous` (the
        probability of alternatives that begin several labels), `other` (of those that begin
        none), `residual` (of tokens that are not listed), and a column for each label; 0 to 1,
        and 1 together. NaN where there is no such place, or nothing was measured.

    Raises:
        InvalidRequest: `labels` or `at` are none.
    """
    forms = _forms(labels)
    found = _decisions(columns, at, prefill, lambda text: any(_begun(text, forms)))
    begun = np.array([[_begun(text, forms) for text in row] for row in found.text], dtype=bool)
    begun = begun.reshape(*found.prob.shape, len(forms))
    matches = begun.sum(axis=2)
    data = {
        **found.key,
        "ambiguous": _total(found.prob, matches > 1),
        "other": _total(found.prob, matches == 0),
        "residual": found.residual,
        **{
            label: _total(found.prob, begun[:, :, place] & (matches == 1))
            for place, label in enumerate(labels)
        },
    }
    return table(data, attrs, VOCABULARY_SIZE)


def expected_table(
    columns: ReplyColumns,
    *,
    attrs: Mapping[str, Any],
    at: At = "first",
    between: tuple[float, float] = (-np.inf, np.inf),
    prefill: str | Sequence[str] = "",
) -> pd.DataFrame:
    """Return the mean number where the answer was decided: sum v p / sum p; a row a choice.

    The sums go over the alternatives that are whole numbers or decimals, as written and without
    the punctuation around them. Good for scales whose values are one token each: of `10` in two
    tokens it sees the `1`. (Liu et al. 2023, G-Eval.)

    Args:
        columns: The tokens of some replies.
        attrs: As for `tables.tokens_table`.
        at: As for `labels_table`.
        between: The ends of the scale; numbers outside of it do not count.
        prefill: As for `labels_table`.

    Returns:
        The table: run, choice, the position and the text of the deciding token, `expected`, and
        `covered`, the probability of all the numbers that count, 0 to 1: where it is small,
        `expected` says little. NaN where there is no such place, nothing was measured, or no
        number stands among the alternatives (`covered` is then 0).

    Raises:
        InvalidRequest: `at` is no place.
    """
    found = _decisions(columns, at, prefill, lambda text: _number(text) is not None)
    value = np.array([[_number(text) for text in row] for row in found.text], dtype=np.float64)
    value = value.reshape(found.prob.shape)
    counts = (value >= between[0]) & (value <= between[1])
    covered = _total(found.prob, counts)
    total = np.nansum(np.where(counts, value * found.prob, 0.0), axis=1)
    expected = np.divide(total, covered, out=np.full(len(total), np.nan), where=covered > 0)
    data = {**found.key, "expected": expected, "covered": covered}
    return table(data, attrs, VOCABULARY_SIZE)


@dataclass(frozen=True)
class _Decisions:
    """The tokens that decided n answers."""

    parts: list[MessagePart]
    position: Integers
    """Of the token in its part, -1 where there is none; shape (n,)."""
    token: list[str | None]
    text: list[list[str]]
    """Of what could have come, shape (n, width)."""
    prob: Floats
    """Of the same, NaN where none was measured; shape (n, width)."""

    @property
    def residual(self) -> Floats:
        return mass_residual(_total(self.prob, ~np.isnan(self.prob)))

    @property
    def key(self) -> Data:
        """The columns that say which answer it is, and where it was decided."""
        return {
            "run": integers([part.run for part in self.parts]).astype(np.int32),
            "choice": integers([part.choice.index for part in self.parts]).astype(np.int16),
            "position": nullable(self.position, "int32"),
            "token": strings(self.token),
        }


def _decisions(
    columns: ReplyColumns, at: At, prefill: str | Sequence[str], says: Callable[[str], bool]
) -> _Decisions:
    """Find the first token of each answer that says something, if only to who asks."""
    _check_place(at)
    places, pieces, slices = columns.answers, columns.pieces, columns.slices
    parts = [columns.parts[place] for place in places]
    position = np.full(len(places), -1)
    for row, place in enumerate(places):
        for token in _tokens_at(parts[row], pieces[place], at, prefill):
            text = pieces[place][token].decode(errors="replace")
            if says(text) or text.strip(_AROUND):
                position[row] = token
                break
    known = position >= 0
    rows = (position + integers([slices[place].start for place in places]))[known]
    code = np.full((len(places), columns.ranked.entries.code.shape[1]), -1)
    code[known] = columns.ranked.entries.code[rows]
    prob = np.full(code.shape, np.nan)
    prob[known] = np.exp(alternative_logprobs(columns)[rows])
    texts = [*columns.vocabulary.decoded, ""]
    token_code = np.full(len(places), -1)
    token_code[known] = columns.tokens.code[rows]
    return _Decisions(
        parts=parts,
        position=position,
        token=[texts[c] if c >= 0 else None for c in token_code],
        text=[[texts[c] for c in row] for row in code],
        prob=prob,
    )


def _check_place(at: At) -> None:
    if isinstance(at, re.Pattern):
        return
    if isinstance(at, str) and (at in ("first", "") or at.startswith("/")):
        return
    raise InvalidRequest(
        f"at {at!r}: must be 'first', a JSON Pointer such as '/label', or a compiled pattern"
    )


def _tokens_at(
    part: MessagePart, pieces: list[bytes], at: At, prefill: str | Sequence[str]
) -> Integers:
    """Return the positions of the tokens of a place in a part's text."""
    text = well_formed(part.text)
    if isinstance(at, re.Pattern):
        match = at.search(text)
        group = min(at.groups, 1)
        found = [Segment("", *match.span(group))] if match and match[group] else []
    elif at == "first":
        found = [Segment("", 0, len(text))]
    else:
        found = [field for field in segment(part, "json", prefill) if field.name == at][:1]
    return tokens_in_span(align(pieces, text), *byte_offsets(text, found))[0]


def _forms(labels: Sequence[str]) -> list[str]:
    """Return the labels as they are compared."""
    if isinstance(labels, str) or not labels or not all(isinstance(x, str) for x in labels):
        raise InvalidRequest(f"labels {labels!r}: must be a list of texts, such as ['yes', 'no']")
    forms = [_form(label) for label in labels]
    for place, (label, form) in enumerate(zip(labels, forms, strict=True)):
        if not form or form in forms[:place] or label in _TAKEN:
            why = "is a column of the table" if label in _TAKEN else "is empty, or like another one"
            raise InvalidRequest(f"labels: {label!r} {why}")
    return forms


def _form(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _begun(text: str, forms: list[str]) -> list[bool]:
    """Say which labels a token begins."""
    for own in (_form(text), _form(text).strip(_AROUND)):
        flags = [bool(own) and form.startswith(own) for form in forms]
        if any(flags):
            return flags
    return [False] * len(forms)


def _number(text: str) -> float | None:
    bare = _form(text).strip(_AROUND)
    return float(bare) if _NUMBER.fullmatch(bare) else None


def _total(prob: Floats, flags: Flags) -> Floats:
    """Return the sum of each row's flagged probabilities, NaN where none was measured."""
    total = np.sum(np.where(flags & ~np.isnan(prob), prob, 0.0), axis=1)
    return np.where(np.isnan(prob).all(axis=1), np.nan, total)
