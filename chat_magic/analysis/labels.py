"""The probability of each possible answer: of labels, and of the numbers of a scale."""

from __future__ import annotations

import re
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
from chat_magic.core.request.label_set import REST, check_place, label_form, label_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.reply_columns import MessagePart, ReplyColumns
    from chat_magic.core.request.label_set import At, LabelSet

_AROUND = " \t\r\n\"'“”\u2018\u2019«»`*_,.:;!?()[]{}"
"""Marks around a label: quotes, Markdown, JSON, the end of a sentence."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def labels_table(
    columns: ReplyColumns,
    labels: Sequence[str],
    *,
    attrs: Mapping[str, Any],
    at: At = "first",
    prefill: str | Sequence[str] = "",
) -> pd.DataFrame:
    """Return the probability of each label at the token that decides the answer, a row a choice.

    P(label) is the sum of the probabilities of the alternatives that begin this label and no
    other, at the first token of the place that is not only white space, quotes or Markdown marks.
    Texts are compared after NFKC, case folding and stripping, so that ` Yes`, `yes` and `YES`
    count together; one that begins no label is also tried without the punctuation around it. The
    sampled token counts no more than any other alternative.

    Args:
        columns: The tokens of some replies.
        labels: The possible answers; no two may be equal when compared.
        attrs: As for `reply_tables.tokens_table`.
        at: The place of the answer: `first`, the start of the text; a JSON Pointer (`/label`); or
            a compiled pattern, whose first group, else whole match, it is.
        prefill: The prefill of the request, or of each run.

    Returns:
        The table `LABELS` of `column_docs`; the probabilities of a row add up to 1.

    Raises:
        InvalidRequest: `labels` is not a list of distinct texts, or `at` is not a place.
    """
    forms = label_forms(labels)
    decisions = _decisions(columns, at, prefill, lambda text: any(_begins(text, forms)))
    prob = decisions.prob
    begins = np.array(
        [[_begins(text, forms) for text in row] for row in decisions.text], dtype=bool
    )
    begins = begins.reshape(*prob.shape, len(forms))
    matches = begins.sum(axis=2)
    data = {
        **decisions.key,
        "ambiguous": _total(prob, matches > 1),
        "other": _total(prob, matches == 0),
        "residual": decisions.residual,
        **{
            label: _total(prob, begins[:, :, number] & (matches == 1))
            for number, label in enumerate(labels)
        },
    }
    return table(data, attrs, VOCABULARY_SIZE)


def label_columns(
    columns: ReplyColumns, labels: LabelSet, *, prefill: str | Sequence[str] = ""
) -> dict[str, Floats]:
    """Return the columns of `labels_table` that tables of answers have, an item a choice.

    Args:
        columns: The tokens of some replies.
        labels: The possible answers, and where they are.
        prefill: As for `labels_table`.

    Returns:
        `p[LABEL]` for each label, then `p[ambiguous]`, `p[other]` and `p[residual]`.
    """
    known = labels_table(columns, labels.labels, attrs={}, at=labels.at, prefill=prefill)
    return {f"p[{name}]": known[name].to_numpy() for name in (*labels.labels, *REST)}


def expected_table(
    columns: ReplyColumns,
    *,
    attrs: Mapping[str, Any],
    at: At = "first",
    between: tuple[float, float] = (-np.inf, np.inf),
    prefill: str | Sequence[str] = "",
) -> pd.DataFrame:
    """Return the mean number at the token that decides the answer, a row a choice.

    It is sum v p / sum p over the alternatives that are integers or decimals, with or without
    punctuation around them (Liu et al. 2023, G-Eval). It is meant for scales whose values are one
    token each: of `10` in two tokens, only the `1` counts.

    Args:
        columns: The tokens of some replies.
        attrs: As for `reply_tables.tokens_table`.
        at: As for `labels_table`.
        between: The ends of the scale; numbers outside it do not count.
        prefill: As for `labels_table`.

    Returns:
        The table `EXPECTED` of `column_docs`; `expected` means little where `covered` is small.

    Raises:
        InvalidRequest: `at` is not a place.
    """
    decisions = _decisions(columns, at, prefill, lambda text: _number(text) is not None)
    prob = decisions.prob
    value = np.array([[_number(text) for text in row] for row in decisions.text], dtype=np.float64)
    value = value.reshape(prob.shape)
    counts = (value >= between[0]) & (value <= between[1])
    covered = _total(prob, counts)
    total = np.nansum(np.where(counts, value * prob, 0.0), axis=1)
    expected = np.divide(total, covered, out=np.full(len(total), np.nan), where=covered > 0)
    data = {**decisions.key, "expected": expected, "covered": covered}
    return table(data, attrs, VOCABULARY_SIZE)


@dataclass(frozen=True)
class _Decisions:
    """The tokens that decide n answers."""

    parts: list[MessagePart]
    position: Integers
    """Position of the token in its part, -1 if there is none; shape (n,)."""
    token: list[str | None]
    text: list[list[str]]
    """Texts of the alternatives, shape (n, width)."""
    prob: Floats
    """Their probabilities, NaN if they have none; shape (n, width)."""

    @property
    def residual(self) -> Floats:
        return mass_residual(_total(self.prob, ~np.isnan(self.prob)))

    @property
    def key(self) -> Data:
        """The columns that identify the answer and the deciding token."""
        return {
            "run": integers([part.run for part in self.parts]).astype(np.int32),
            "choice": integers([part.choice.index for part in self.parts]).astype(np.int16),
            "position": nullable(self.position, "int32"),
            "token": strings(self.token),
        }


def _decisions(
    columns: ReplyColumns, at: At, prefill: str | Sequence[str], says: Callable[[str], bool]
) -> _Decisions:
    """Find the first token of each answer that is an answer, or more than marks."""
    check_place(at)
    answers, pieces, slices = columns.answers, columns.pieces, columns.slices
    parts = [columns.parts[answer] for answer in answers]
    position = np.full(len(answers), -1)
    for row, answer in enumerate(answers):
        for token in _tokens_at(parts[row], pieces[answer], at, prefill):
            text = pieces[answer][token].decode(errors="replace")
            if says(text) or text.strip(_AROUND):
                position[row] = token
                break
    known = position >= 0
    rows = (position + integers([slices[answer].start for answer in answers]))[known]
    code = np.full((len(answers), columns.ranked.entries.code.shape[1]), -1)
    code[known] = columns.ranked.entries.code[rows]
    prob = np.full(code.shape, np.nan)
    prob[known] = np.exp(alternative_logprobs(columns)[rows])
    texts = [*columns.vocabulary.decoded, ""]
    token_code = np.full(len(answers), -1)
    token_code[known] = columns.tokens.code[rows]
    return _Decisions(
        parts=parts,
        position=position,
        token=[texts[c] if c >= 0 else None for c in token_code],
        text=[[texts[c] for c in row] for row in code],
        prob=prob,
    )


def _tokens_at(
    part: MessagePart, pieces: list[bytes], at: At, prefill: str | Sequence[str]
) -> Integers:
    """Return the positions of the tokens of a place in a part's text."""
    text = well_formed(part.text)
    if isinstance(at, re.Pattern):
        match = at.search(text)
        group = min(at.groups, 1)
        places = [Segment("", *match.span(group))] if match and match[group] else []
    elif at == "first":
        places = [Segment("", 0, len(text))]
    else:
        places = [field for field in segment(part, "json", prefill) if field.name == at][:1]
    return tokens_in_span(align(pieces, text), *byte_offsets(text, places))[0]


def _begins(text: str, forms: list[str]) -> list[bool]:
    """Say which labels a token begins."""
    for start in (label_form(text), label_form(text).strip(_AROUND)):
        flags = [bool(start) and form.startswith(start) for form in forms]
        if any(flags):
            return flags
    return [False] * len(forms)


def _number(text: str) -> float | None:
    bare = label_form(text).strip(_AROUND)
    return float(bare) if _NUMBER.fullmatch(bare) else None


def _total(prob: Floats, flags: Flags) -> Floats:
    """Return the sum of each row's flagged probabilities, NaN if the row has none."""
    total = np.sum(np.where(flags & ~np.isnan(prob), prob, 0.0), axis=1)
    return np.where(np.isnan(prob).all(axis=1), np.nan, total)
