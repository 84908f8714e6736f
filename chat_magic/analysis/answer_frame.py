"""The table of a map's answers: the data as given, and a column for each thing that is known."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chat_magic.analysis.answer_values import pandas_array

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.analysis.answer_values import AnswerColumns, AnsweredRow
    from chat_magic.analysis.row_source import RowSource

__all__ = ["AnswerFrame", "check_clash"]

_PART = 4096
"""Rows whose values are put into arrays together, which are smaller than lists."""


class AnswerFrame:
    """Collects the values of answers, a chunk of rows at a time, in any order.

    Args:
        source: The data.
        columns_of: Returns what is collected; called before the first chunk is taken.
        skip_failed: Whether rows with an error are left out.
    """

    def __init__(
        self,
        source: RowSource,
        columns_of: Callable[[], AnswerColumns],
        *,
        skip_failed: bool = False,
    ) -> None:
        self._source = source
        self._columns_of = columns_of
        self._skip_failed = skip_failed
        self._failed: list[int] = []
        self._waiting: dict[int, dict[str, list[Any]]] = {}
        """By the position of their first row, the values of chunks."""
        self._parts: dict[str, list[Any]] = {}
        self._n_done = 0
        """Rows in `_parts`."""

    @cached_property
    def _columns(self) -> AnswerColumns:
        return self._columns_of()

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return self._columns.kinds

    def take(self, start: int, rows: Sequence[AnsweredRow], _values: Sequence[Any]) -> None:
        """Take a chunk of rows, the first at this position of the data."""
        self._waiting[start] = self._columns.values(rows)
        self._failed += [start + place for place, row in enumerate(rows) if row.error is not None]
        end, count = self._n_done, 0
        while end in self._waiting and count < _PART:
            size = len(self._waiting[end][self._columns.column])
            end, count = end + size, count + size
        if count >= _PART:
            self._close_part(end)

    def result(self, *, is_complete: bool) -> pd.DataFrame:  # noqa: ARG002 - as for files
        """Return the data with the columns of answers, missing for rows that were not asked."""
        table = self._source.table()
        self._close_part(len(table))
        frame = table.copy(deep=False)
        for name, kind in self._kinds.items():
            parts = self._parts.pop(name, [])
            frame[name] = _joined(parts) if parts else pandas_array([], kind)
        if self._skip_failed:
            kept = np.ones(len(frame), dtype=bool)
            kept[self._failed] = False
            frame = frame[kept]
        return frame

    def _close_part(self, end: int) -> None:
        """Put the values of the rows before `end` into arrays; those not asked are missing."""
        values: dict[str, list[Any]] = {name: [] for name in self._kinds}
        position = self._n_done
        for start in sorted(start for start in self._waiting if start < end):
            chunk = self._waiting.pop(start)
            for name in values:
                values[name] += [None] * (start - position) + chunk[name]
            position = start + len(chunk[self._columns.column])
        for name, kind in self._kinds.items():
            cells = values[name] + [None] * (end - position)
            if cells:
                self._parts.setdefault(name, []).append(pandas_array(cells, kind))
        self._n_done = max(end, self._n_done)


def _joined(parts: Sequence[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return pd.concat([pd.Series(part) for part in parts], ignore_index=True).array


def check_clash(names: Sequence[str], columns: Sequence[Any], column: str) -> str | None:
    """Say which column of the data has the name of a column of answers; None if there is none."""
    taken = [name for name in names if name in columns]
    if not taken:
        return None
    return f"column {column!r}: the data have a column {taken[0]!r}; give chat_map another column="
