"""Data as rows: a DataFrame, a Series, a list of dicts or texts, or a dict of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from chat_magic.core.cell.grid import row_axis
from chat_magic.core.cell.row_values import ROW, TEXT, check_columns, row_of
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.cell.row_values import RowSample

_EXPECTED = "a DataFrame, a Series, a list of dicts or texts, or a dict of lists"


def over_axis(data: Any, label: str = "over", sample: RowSample | None = None) -> Axis:
    """Return data as the axis of a grid; see `read_data`."""
    read = read_data(data, label, sample)
    return row_axis(read.name, read.labels, read.rows, read.frame)


@dataclass(frozen=True, kw_only=True)
class RowData:
    """Rows in the data's order, each a mapping with its values as Python has them."""

    rows: tuple[Mapping[Any, Any], ...]
    columns: tuple[Any, ...]
    frame: pd.DataFrame
    """The same rows, with their index."""

    @property
    def name(self) -> str:
        """The name of the index, that of several levels joined by ` · `; `row` if it has none."""
        names = self.frame.index.names
        texts = [name for name in names if isinstance(name, str) and name]
        return " · ".join(texts) if len(texts) == len(names) else ROW

    @property
    def labels(self) -> list[Any]:
        """The row's labels in the index, those of several levels joined by ` · `."""
        labels = self.frame.index.tolist()
        return [
            " · ".join(map(str, label)) if isinstance(label, tuple) else label for label in labels
        ]


def read_data(data: Any, label: str = "over", sample: RowSample | None = None) -> RowData:
    """Read data as rows.

    Args:
        data: A DataFrame; a Series or a list of texts, whose column is its name or `text`; a list
            of dicts; or a dict of lists.
        label: What an error calls the argument.
        sample: Which rows are taken; all of them by default.

    Raises:
        InvalidRequest: It is of another type, two columns have the same name, or the lists of a
            dict are not of the same length.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame(data.name if isinstance(data.name, str) and data.name else TEXT)
    if isinstance(data, pd.DataFrame):
        check_columns(list(data.columns), label)
        return _of_frame(data if sample is None else data.iloc[list(sample.positions(len(data)))])
    if isinstance(data, Mapping):
        rows = _of_lists(data, label)
    elif isinstance(data, Sequence) and not isinstance(data, str | bytes):
        rows = _of_items(data, label)
    else:
        raise InvalidRequest(f"{label}: expected {_EXPECTED}, got {type(data).__name__}")
    positions = range(len(rows)) if sample is None else sample.positions(len(rows))
    columns = tuple(data) if isinstance(data, Mapping) else _columns_of(rows)
    taken = tuple(rows[position] for position in positions)
    frame = table_of(taken, list(columns) or None, list(positions))
    return RowData(rows=taken, columns=columns, frame=frame)


def index_of(frame: pd.DataFrame) -> tuple[list[list[Any]], list[Any]]:
    """Return the labels of the rows in each level of their index, and the names of the levels."""
    index = frame.index
    levels = [index.get_level_values(level).tolist() for level in range(index.nlevels)]
    return levels, list(index.names)


def frame_of(
    rows: Sequence[Mapping[Any, Any]], index: Sequence[Sequence[Any]], names: Sequence[Any]
) -> pd.DataFrame:
    """Return rows as a table with such an index; see `index_of`."""
    columns = list(_columns_of(rows))
    frame = table_of(rows, columns or None, range(len(rows)))
    if len(index) == 1:
        frame.index = pd.Index(index[0], name=names[0] if names else None)
    elif index:
        levels: list[Any] = list(index)
        frame.index = pd.MultiIndex.from_arrays(levels, names=list(names))
    return frame


def table_of(
    rows: Sequence[Mapping[Any, Any]], columns: list[Any] | None, index: list[int] | range
) -> pd.DataFrame:
    """Return rows as a table; a column with a lone surrogate, which is no text, has objects.

    Args:
        rows: Them.
        columns: Their columns; None for those that they have.
        index: The label of each row.
    """
    values = [dict(row) for row in rows]
    try:
        return pd.DataFrame(values, columns=columns, index=index)
    except UnicodeEncodeError:
        frame = pd.DataFrame(values, columns=columns, index=index, dtype=object)
        for column in frame:
            with suppress(UnicodeEncodeError):
                frame[column] = frame[column].infer_objects()
        return frame


def _of_frame(frame: pd.DataFrame) -> RowData:
    columns = tuple(frame.columns)
    rows: list[Mapping[Any, Any]] = [{} for _ in range(len(frame))]
    if columns:
        values = zip(*(frame.iloc[:, place] for place in range(len(columns))), strict=True)
        rows = [dict(zip(columns, row, strict=True)) for row in values]
    return RowData(rows=tuple(rows), columns=columns, frame=frame)


def _of_lists(data: Mapping[Any, Any], label: str) -> list[Mapping[Any, Any]]:
    lists = {}
    for name, values in data.items():
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            kind = type(values).__name__
            raise InvalidRequest(f"{label} {name}: expected a list of values, got {kind}")
        lists[name] = list(values)
    sizes = {name: len(values) for name, values in lists.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        raise InvalidRequest(f"{label}: the lists must be of the same length, and {told}")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _of_items(items: Sequence[Any], label: str) -> list[Mapping[Any, Any]]:
    kinds = {isinstance(item, Mapping) for item in items}
    if len(kinds) > 1:
        first = isinstance(items[0], Mapping)
        other = next(n for n, item in enumerate(items) if isinstance(item, Mapping) != first)
        raise InvalidRequest(
            f"{label}: item {other} is of type {type(items[other]).__name__}, "
            f"and item 0 of type {type(items[0]).__name__}: the items must all be dicts, or none"
        )
    return [row_of(item) for item in items]


def _columns_of(rows: Sequence[Mapping[Any, Any]]) -> tuple[Any, ...]:
    """Return the columns of all rows, in the order in which they come up."""
    return tuple(dict.fromkeys(column for row in rows for column in row)) or (
        () if rows else (TEXT,)
    )
