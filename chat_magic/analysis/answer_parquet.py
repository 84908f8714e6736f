"""The result of a map as parquet files: the data with the answers, and the tokens of these."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.answer_values import arrow_array, arrow_type
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import tokens_table
from chat_magic.analysis.row_source import import_arrow
from chat_magic.analysis.table_columns import TEXT
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from chat_magic.analysis.answer_values import AnswerColumns, AnsweredRow
    from chat_magic.analysis.parquet_file import OrderedParquet
    from chat_magic.analysis.row_source import RowSource

__all__ = ["AnswerParquet", "TokensParquet"]


class AnswerParquet:
    """Writes the data with the answers.

    Args:
        file: The file.
        source: The data.
        columns_of: Returns the columns of answers; called before the first chunk is taken.
        skip_failed: Whether rows with an error are left out.
    """

    def __init__(
        self,
        file: OrderedParquet,
        source: RowSource,
        columns_of: Callable[[], AnswerColumns],
        *,
        skip_failed: bool = False,
    ) -> None:
        self.file = file
        self._source = source
        self._columns_of = columns_of
        self._skip_failed = skip_failed

    @cached_property
    def _columns(self) -> AnswerColumns:
        return self._columns_of()

    @cached_property
    def _data_schema(self) -> pa.Schema:
        return self._source.schema()

    @cached_property
    def _schema(self) -> pa.Schema:
        schema = self._data_schema
        for name, (kind, item) in self._kinds.items():
            schema = schema.append(import_arrow("to").field(name, arrow_type(kind, item)))
        return schema

    @cached_property
    def _kinds(self) -> dict[str, tuple[str, str | None]]:
        items = self._columns.by_choice
        return {name: (kind, items.get(name)) for name, kind in self._columns.kinds.items()}

    def take(
        self, start: int, rows: Sequence[AnsweredRow], values: Sequence[Mapping[Any, Any]]
    ) -> None:
        """Take a chunk of rows, the first at this position of the data."""
        answers = self._columns.values(rows)
        arrays = [arrow_array(answers[name], *kind) for name, kind in self._kinds.items()]
        data = self._source.batch(values, start, self._data_schema)
        arrow = import_arrow("to")
        batch = arrow.RecordBatch.from_arrays([*data.columns, *arrays], schema=self._schema)
        if self._skip_failed:
            batch = batch.filter(arrow.array([row.error is None for row in rows]))
        self.file.put(start, len(rows), batch)

    def result(self, *, is_complete: bool) -> Path:
        """End the file, and return its path."""
        return self.file.end(self._schema, is_complete=is_complete)


class TokensParquet:
    """Writes the table of tokens, whose `run` is the position of the row in the data.

    Args:
        file: The file.
    """

    def __init__(self, file: OrderedParquet) -> None:
        self.file = file

    @cached_property
    def _schema(self) -> pa.Schema:
        arrow = import_arrow("tokens_to")
        schema = arrow.Schema.from_pandas(_plain_tokens([]), preserve_index=False)
        place = schema.get_field_index("bytes")  # without rows they are of any type
        return schema.set(place, schema.field(place).with_type(arrow.binary()))

    def take(
        self, start: int, rows: Sequence[AnsweredRow], _values: Sequence[Mapping[Any, Any]]
    ) -> None:
        """Take a chunk of rows, the first at this position of the data."""
        known = [place for place, row in enumerate(rows) if row.reply is not None]
        tokens = _plain_tokens([row.reply for row in rows if row.reply is not None])
        places = np.array(known, dtype=np.int64)
        tokens["run"] = (start + places[tokens["run"].to_numpy()]).astype(np.int32)
        arrow = import_arrow("tokens_to")
        try:
            batch = arrow.RecordBatch.from_pandas(tokens, schema=self._schema, preserve_index=False)
        except arrow.ArrowException as error:
            raise InvalidRequest(f"tokens_to: the tokens cannot be written: {error}") from error
        self.file.put(start, len(rows), batch)

    def result(self, *, is_complete: bool) -> Path:
        """End the file, and return its path."""
        return self.file.end(self._schema, is_complete=is_complete)


def _plain_tokens(replies: Sequence[Any]) -> pd.DataFrame:
    """Return the tokens of replies, with texts in the place of categories."""
    table = tokens_table(read_replies(replies), attrs={})
    categories = [name for name in table if table[name].dtype == "category"]
    return table.astype(dict.fromkeys(categories, TEXT))
