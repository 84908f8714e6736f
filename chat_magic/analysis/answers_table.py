"""The data of a grid with a column of answers for each variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from chat_magic.analysis.arrays import objects
from chat_magic.analysis.parsed_columns import parsed_columns
from chat_magic.analysis.table_columns import strings
from chat_magic.core.reply.tokens import well_formed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from chat_magic.core.schema.structured import Schema


@dataclass(frozen=True, kw_only=True)
class VariantAnswers:
    """What one variant of a grid answered, an item a row of the data."""

    title: str
    texts: Sequence[Sequence[str] | None]
    """The choices of each row; None where it has no complete answer."""
    values: Sequence[Sequence[Any] | None]
    """Their JSON values; None for one that does not fit the schema."""
    schema: Schema | None = None
    is_list: bool = False
    """Whether several choices were asked for, so that a cell is a list of them."""


def answers_table(data: pd.DataFrame, variants: Sequence[VariantAnswers]) -> pd.DataFrame:
    """Return data with the answers of each variant.

    Args:
        data: The data as they were given.
        variants: The answers.

    Returns:
        The data with their index, and for each variant a column of its title: text, missing where
        the request failed, or a list of texts if several choices were asked for; and with a schema
        a column `TITLE.FIELD` for each scalar field. A title that is a column of the data is
        numbered: `answer (2)`.
    """
    parts, taken = [data.copy()], {*data.columns}
    for variant in variants:
        title = _free(variant.title, taken)
        columns = {title: _texts(variant), **_fields(variant, title)}
        added = {_free(name, taken): column for name, column in columns.items()}
        parts.append(pd.DataFrame(added, index=data.index))
        taken |= added.keys()
    return pd.concat(parts, axis=1)


def _free(title: str, taken: Collection[Any]) -> str:
    """Number a title that is a column already."""
    number, free = 1, title
    while free in taken:
        number += 1
        free = f"{title} ({number})"
    return free


def _texts(variant: VariantAnswers) -> Any:
    texts = [texts and [well_formed(text) for text in texts] for texts in variant.texts]
    if variant.is_list:
        return objects(texts)
    return strings(objects([texts[0] if texts else None for texts in texts]))


def _fields(variant: VariantAnswers, title: str) -> dict[str, Any]:
    if variant.schema is None:
        return {}
    rows: Sequence[Any] = variant.values
    if not variant.is_list:
        rows = [values[0] if values else None for values in rows]
    named = parsed_columns(variant.schema, rows, are_lists=variant.is_list)
    return {f"{title}.{name or 'parsed'}": column.array for name, column in named}
