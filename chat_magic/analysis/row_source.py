"""Data of any size, read row by row: tables in memory, iterators, Arrow tables and files."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chat_magic.analysis.row_data import read_data, table_of
from chat_magic.core.cell.row_values import TEXT, check_columns, row_of
from chat_magic.core.reply.tokens import well_formed
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from chat_magic.core.cell.row_values import RowSample

__all__ = ["RowSource", "batch_of", "import_arrow", "open_source"]

_AT_A_TIME = 1024
"""Rows of a table that are turned into Python's values together."""
_FOR_TYPES = 32
"""Rows of a stream by which the types of its columns are known."""
_EXPECTED = (
    "a DataFrame, a Series, a list of dicts or texts, a dict of lists, a generator, a table or "
    "reader of pyarrow, or the path of a parquet or CSV file"
)
Row = Mapping[Any, Any]


def import_arrow(why: str) -> Any:
    """Import pyarrow, which is an extra.

    Raises:
        InvalidRequest: It is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        message = f"{why} requires pyarrow: pip install 'chat-magic[arrow]'"
        raise InvalidRequest(message) from error
    return pa


def _of_column(
    arrow: Any, columns: Iterable[tuple[Iterable[Any], Any, Any]], error: Exception
) -> str:
    """Return an error of Arrow with the column that it is about.

    Args:
        arrow: The module pyarrow.
        columns: The values, the name and the type of each column; None is any type.
        error: What was raised for all of them together.
    """
    for values, name, kind in columns:
        try:
            _encoded(partial(arrow.array, type=kind), values)
        except (arrow.ArrowException, TypeError) as reason:
            return f"column {name!r}: {reason}"
    return str(error)


def _encoded(make: Callable[[Any], Any], values: Any) -> Any:
    """Return what Arrow makes of values; a lone surrogate, which it cannot hold, is U+FFFD."""
    try:
        return make(values)
    except UnicodeEncodeError:
        is_pandas = isinstance(values, pd.DataFrame | pd.Series)
        return make(values.map(_well_formed) if is_pandas else _well_formed(values))


def _well_formed(value: Any) -> Any:
    """Return a value whose texts, also those inside, have no lone surrogates."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list | tuple):
        return [_well_formed(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _well_formed(item) for name, item in value.items()}
    return value


def _no_type(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"data: a column has no type in Arrow: {reason}; give its values one type, such as text"
    )


class RowSource(ABC):
    """Rows that are read once, in the data's order.

    Attributes:
        n_rows: How many there are; None where that is not known before they are read.
        columns: Their columns, as far as they are known before.
    """

    n_rows: int | None = None
    columns: Sequence[Any] = ()

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield the rows, their values as Python has them."""

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """Return what was read, with its index; of a table in memory all of it."""

    @abstractmethod
    def schema(self) -> pa.Schema:
        """Return the Arrow schema, by the first rows where it is not known before they are read.

        Raises:
            InvalidRequest: A column has values that Arrow has no common type for.
        """

    def batch(self, rows: Sequence[Row], start: int, schema: pa.Schema) -> pa.RecordBatch:
        """Return rows as Arrow has them, the first at a position in the data.

        Raises:
            InvalidRequest: A value does not fit the schema.
        """
        arrow = import_arrow("to")
        try:
            return _encoded(
                lambda known: arrow.RecordBatch.from_pylist(known, schema=schema),
                [dict(row) for row in rows],
            )
        except (arrow.ArrowException, TypeError) as error:
            place = f"rows {start} to {start + len(rows) - 1}"
            columns = (([row.get(one.name) for row in rows], one.name, one.type) for one in schema)
            reason = _of_column(arrow, columns, error)
            message = f"data: {place} do not fit the types of the first rows: {reason}"
            raise InvalidRequest(message) from error


class _TableSource(RowSource):
    """A DataFrame, whose rows are turned into mappings a part at a time."""

    def __init__(self, frame: pd.DataFrame) -> None:
        check_columns(list(frame.columns), "data")
        self._frame = frame
        self.n_rows = len(frame)
        self.columns = tuple(frame.columns)

    def rows(self) -> Iterator[Row]:
        for start in range(0, len(self._frame), _AT_A_TIME):
            yield from read_data(self._frame.iloc[start : start + _AT_A_TIME], "data").rows

    def table(self) -> pd.DataFrame:
        return self._frame

    def schema(self) -> pa.Schema:
        arrow = import_arrow("to")
        try:
            return _encoded(arrow.Schema.from_pandas, self._frame)
        except (arrow.ArrowException, TypeError) as error:
            columns = ((values, name, None) for name, values in self._frame.items())
            raise _no_type(_of_column(arrow, columns, error)) from error

    def batch(self, rows: Sequence[Row], start: int, schema: pa.Schema) -> pa.RecordBatch:
        return batch_of(self._frame.iloc[start : start + len(rows)], schema)


def batch_of(
    frame: pd.DataFrame, schema: pa.Schema, *, keeps_index: bool | None = None
) -> pa.RecordBatch:
    """Return a part of a table as one batch, whose texts may be in several pieces.

    Args:
        frame: The part.
        schema: That of the batch.
        keeps_index: Whether the index is a column; by default all but one that numbers the rows.

    Raises:
        InvalidRequest: A value does not fit the schema.
    """
    arrow = import_arrow("to")
    try:
        table = _encoded(
            lambda known: arrow.Table.from_pandas(known, schema=schema, preserve_index=keeps_index),
            frame,
        )
    except (arrow.ArrowException, TypeError) as error:
        raise InvalidRequest(
            f"data: a row does not fit the types of its column: {error}"
        ) from error
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else arrow.RecordBatch.from_pylist([], schema=schema)


class _ListSource(_TableSource):
    """A list or a dict of lists, whose values stay as they are."""

    def __init__(self, data: Any, sample: RowSample | None) -> None:
        read = read_data(data, "data", sample)
        super().__init__(read.frame)
        self._rows = read.rows

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)


class _StreamSource(RowSource):
    """An iterator of dicts or texts, which is read once.

    Args:
        items: The iterator.
        keep: Whether what was read is kept for `table`.
    """

    def __init__(self, items: Iterable[Any], *, keep: bool) -> None:
        self._items = items
        self._keep = keep
        self._read: list[Row] = []
        """The rows, or the first of them, by which their types are known."""

    def rows(self) -> Iterator[Row]:
        for item in self._items:
            row = row_of(item)
            if self._keep or len(self._read) < _FOR_TYPES:
                self._read.append(row)
            yield row

    def table(self) -> pd.DataFrame:
        columns = list(dict.fromkeys(column for row in self._read for column in row))
        return table_of(self._read, columns or [TEXT], range(len(self._read)))

    def schema(self) -> pa.Schema:
        arrow = import_arrow("to")
        if not self._read:
            return arrow.schema([(TEXT, arrow.string())])
        names = dict.fromkeys(name for row in self._read for name in row)
        rows = [{name: row.get(name) for name in names} for row in self._read[:_FOR_TYPES]]
        try:
            schema = _encoded(arrow.Table.from_pylist, rows).schema
        except (arrow.ArrowException, TypeError) as error:
            columns = (([row[name] for row in rows], name, None) for name in names)
            raise _no_type(_of_column(arrow, columns, error)) from error
        empty = arrow.types.is_null
        fields = [one.with_type(arrow.string()) if empty(one.type) else one for one in schema]
        return arrow.schema(fields)


class _ArrowSource(RowSource):
    """Record batches, which are read once; see `_StreamSource`."""

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        *,
        keep: bool,
        n_rows: int | None = None,
    ) -> None:
        check_columns(schema.names, "data")
        self._schema = schema
        self._batches = batches
        self._keep = keep
        self._read: list[pa.RecordBatch] = []
        self.n_rows = n_rows
        self.columns = tuple(schema.names)

    def rows(self) -> Iterator[Row]:
        for batch in self._batches:
            for start in range(0, batch.num_rows, _AT_A_TIME):
                part = batch.slice(start, _AT_A_TIME)
                if self._keep:
                    self._read.append(part)
                yield from part.to_pylist()

    def table(self) -> pd.DataFrame:
        table = import_arrow("data").Table.from_batches(self._read, schema=self._schema)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def schema(self) -> pa.Schema:
        return self._schema


def open_source(data: Any, *, keep: bool, sample: RowSample | None = None) -> RowSource:
    """Open data.

    Args:
        data: A DataFrame, a Series, a list of dicts or texts, a dict of lists, a generator, a table
            or reader of pyarrow, or the path of a parquet or CSV file.
        keep: Whether what is read from a stream is kept for `table`.
        sample: Which rows are taken; all of them by default.

    Raises:
        InvalidRequest: It is of another type, it cannot be read, two columns have the same name,
            or `sample` draws from rows whose number is not known.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame(data.name if isinstance(data.name, str) and data.name else TEXT)
    if isinstance(data, pd.DataFrame):
        positions = None if sample is None else list(sample.positions(len(data)))
        return _TableSource(data if positions is None else data.iloc[positions])
    if isinstance(data, os.PathLike) or (isinstance(data, str) and _is_path(data)):
        return _open_file(Path(data).expanduser(), keep=keep, sample=sample)
    if type(data).__module__.partition(".")[0] == "pyarrow":
        return _open_arrow(data, keep=keep, sample=sample)
    if isinstance(data, Mapping) or (isinstance(data, Sequence) and not isinstance(data, str)):
        return _ListSource(data, sample)
    if isinstance(data, Iterable) and not isinstance(data, str):
        return _StreamSource(_sampled(data, sample), keep=keep)
    raise InvalidRequest(f"data: expected {_EXPECTED}, got {type(data).__name__}")


def _is_path(word: str) -> bool:
    return Path(word).suffix.lower() in {".parquet", ".pq", ".csv"}


def _sampled(items: Iterable[Any], sample: RowSample | None) -> Iterable[Any]:
    if sample is None:
        return items
    if sample.seed is not None:
        raise InvalidRequest(
            f"rows {sample.count}: how many rows there are is not known before they are read: "
            f"write head:{sample.count} for the first"
        )
    return islice(items, sample.count)


def _open_arrow(data: Any, *, keep: bool, sample: RowSample | None) -> RowSource:
    arrow = import_arrow("data")
    if isinstance(data, arrow.RecordBatch):
        data = arrow.Table.from_batches([data])
    if isinstance(data, arrow.Table):
        table = data if sample is None else data.take(list(sample.positions(data.num_rows)))
        batches = table.to_batches()
        return _ArrowSource(table.schema, batches, keep=keep, n_rows=table.num_rows)
    if isinstance(data, arrow.RecordBatchReader):
        return _ArrowSource(data.schema, _first_rows(data, sample), keep=keep)
    raise InvalidRequest(f"data: expected {_EXPECTED}, got {type(data).__name__}")


def _first_rows(batches: Iterable[Any], sample: RowSample | None) -> Iterator[Any]:
    """Yield the batches up to the last row that is taken."""
    _sampled((), sample)
    left = None if sample is None else sample.count
    for batch in batches:
        yield batch if left is None else batch.slice(0, left)
        if left is not None:
            left -= batch.num_rows
            if left <= 0:
                return


def _open_file(path: Path, *, keep: bool, sample: RowSample | None) -> RowSource:
    try:
        if path.suffix.lower() == ".csv":
            return _open_csv(path, keep=keep, sample=sample)
        import_arrow("data: a parquet file")
        from pyarrow import parquet

        file = parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"data {path}: cannot be read ({reason})") from error
    schema, n_rows = file.schema_arrow, file.metadata.num_rows
    batches: Iterable[Any] = file.iter_batches(batch_size=_AT_A_TIME)
    if sample is not None:
        positions = sample.positions(n_rows)
        n_rows, batches = len(positions), _taken(batches, positions)
    return _ArrowSource(schema, batches, keep=keep, n_rows=n_rows)


def _taken(batches: Iterable[Any], positions: Sequence[int]) -> Iterator[Any]:
    """Yield the rows of batches at some positions, which are in order."""
    start, wanted = 0, list(positions)
    for batch in batches:
        end = start + batch.num_rows
        here = [position - start for position in wanted if start <= position < end]
        if here:
            yield batch.take(import_arrow("data").array(here))
        start = end


def _open_csv(path: Path, *, keep: bool, sample: RowSample | None) -> RowSource:
    """Read a CSV file whole, or as a stream where the rows are not kept."""
    if keep:
        return open_source(pd.read_csv(path), keep=True, sample=sample)
    import_arrow("to")
    from pyarrow import csv

    reader = csv.open_csv(path)
    return _ArrowSource(reader.schema, _first_rows(reader, sample), keep=False)
