"""The table of the history."""

from __future__ import annotations

import pandas as pd

from chat_magic.analysis.column_docs import HISTORY
from chat_magic.analysis.history_table import history_table
from chat_magic.core.reply.history_row import HistoryRow

ROW = HistoryRow(id=7, started_s=1764000000.5, kind="answer", status="running", model="a/b")


def test_it_has_the_documented_columns_whether_or_not_there_are_rows():
    """With the same types."""
    empty, full = history_table([]), history_table([ROW])
    names = [column.name for column in HISTORY.columns]
    assert [full.index.name, *full] == [empty.index.name, *empty] == names
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert full.index.dtype == empty.index.dtype == "int64"


def test_times_are_in_utc_and_missing_numbers_are_na():
    """Categories are all that there are."""
    table = history_table([ROW])
    assert table["started"][7] == pd.Timestamp("2025-11-24T16:00:00.5Z")
    assert table[["cost", "total_s", "prompt_tokens"]].isna().all(axis=None)
    assert list(table["status"].cat.categories) == ["running", "complete", "interrupted", "failed"]
    assert table["answers"][7] == 0
