"""The table of how answers differ from one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from chat_magic.analysis.arrays import count_up, integers
from chat_magic.analysis.comparison import compare_replies
from chat_magic.analysis.diff import Change, diff
from chat_magic.analysis.diff_units import DiffUnit, units
from chat_magic.analysis.divergences import answer_texts
from chat_magic.analysis.json_diff import FieldChange, diff_json
from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.table_columns import Data, category, strings, table
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chat_magic.analysis.divergences import AnswerText
    from chat_magic.core.reply.reply import Reply

_KINDS = ("same", "insert", "delete", "change")


def changes_table(
    replies: Sequence[Reply],
    *,
    attrs: Mapping[str, Any],
    base: int | None = None,
    by: DiffUnit = "word",
    ignore_whitespace: bool = False,
    prefills: Sequence[str] = (),
) -> pd.DataFrame:
    """Return a row for each stretch, or JSON field, of each answer, compared with the base.

    Args:
        replies: The replies, one a run; each of their choices is an answer.
        attrs: As for `reply_tables.tokens_table`.
        base: Position among all answers of the one that the others are compared with; that of
            `comparison.compare_replies` by default.
        by: The unit of a difference. If an answer has no tokens, its words are taken; if it or
            the base is not a JSON object or list, it is one field with an empty pointer.
        ignore_whitespace: As for `compare_replies`, for the default base.
        prefills: The prefill of each run, which is part of the JSON.

    Returns:
        The table `CHANGES` or `JSON_CHANGES` of `column_docs`. The texts of an answer that are
        not deleted, joined, are the answer; those that are not inserted, the base.

    Raises:
        InvalidRequest: There is no such base, or `by` is not a unit.
    """
    if by not in get_args(DiffUnit):
        raise InvalidRequest(f"by {by!r}: must be 'word', 'token', 'sentence' or 'json'")
    texts = list(answer_texts(read_replies(replies, alternatives=False)))
    if base is None:
        base = compare_replies(replies, ignore_whitespace=ignore_whitespace).base
    elif not 0 <= base < len(texts):
        raise InvalidRequest(f"base {base}: there are {len(texts)} answers, numbered from 0")
    others = [text for number, text in enumerate(texts) if number != base]
    starts = [*prefills, *[""] * (len(replies) - len(prefills))]
    changes = [_changes(texts[base], text, by, starts) for text in others]
    data = {
        **_key(texts[base : base + 1], others, integers([len(rows) for rows in changes])),
        **_change_columns([row for answer in changes for row in answer], by),
    }
    return table(data, attrs, VOCABULARY_SIZE)


def _changes(
    base: AnswerText, other: AnswerText, by: DiffUnit, prefills: Sequence[str]
) -> Sequence[Change] | Sequence[FieldChange]:
    if by == "json":
        return _fields(base, other, prefills)
    return diff(_units(base, by), _units(other, by))


def _change_columns(rows: Sequence[Change | FieldChange], by: DiffUnit) -> Data:
    kinds = integers([_KINDS.index(row.kind) for row in rows])
    names = ("pointer", "before", "after") if by == "json" else ("text",)
    return {
        "kind": category(kinds, _KINDS if by == "json" else _KINDS[:3]),
        **{name: strings([getattr(row, name) for row in rows]) for name in names},
    }


def _key(base: list[AnswerText], others: list[AnswerText], sizes: Any) -> Data:
    """Return the columns that identify the answers, each repeated for its rows."""
    owner = np.repeat(np.arange(len(others)), sizes)
    data: Data = {}
    for prefix, texts in (("", others), ("base_", base * len(others))):
        data[f"{prefix}run"] = integers([text.run for text in texts])[owner].astype(np.int32)
        data[f"{prefix}choice"] = integers([text.index for text in texts])[owner].astype(np.int16)
    return {**data, "place": count_up(sizes).astype(np.int32)}


def _units(text: AnswerText, by: Literal["word", "token", "sentence"]) -> list[str]:
    if by == "token" and text.tokens:
        return text.pieces
    return units(text.data.decode(), "sentence" if by == "sentence" else "word")


def _fields(base: AnswerText, other: AnswerText, prefills: Sequence[str]) -> list[FieldChange]:
    before, after = (prefills[text.run] + text.data.decode() for text in (base, other))
    fields = diff_json(before, after)
    if fields is None:
        return [FieldChange("", "same" if before == after else "change", before, after)]
    return fields
