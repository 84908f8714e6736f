"""The table of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.reply.history_row import KINDS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.history_row import HistoryRow

_TEXTS = ("model", "prompt", "answer")
_COUNTS = ("answers", "requests", "failed", "prompt_tokens", "completion_tokens")
_NUMBERS = ("cost", "ttft_s", "total_s")
_OTHERS = ("error", "notebook", "cell_id", "thread")


def history_table(rows: Sequence[HistoryRow]) -> pd.DataFrame:
    """Return a row for each execution, by its number: the table `HISTORY` of `column_docs`."""

    def column(name: str, dtype: str) -> pd.Series:
        return pd.Series([getattr(row, name) for row in rows], dtype=dtype)

    started = pd.to_datetime(column("started_s", "float64"), unit="s", utc=True).dt.as_unit("us")
    data = {
        "started": started,
        "kind": pd.Series(pd.Categorical([row.kind for row in rows], KINDS)),
        "status": pd.Series(pd.Categorical([row.status for row in rows], STATUSES)),
        **{name: column(name, TEXT) for name in _TEXTS},
        **{name: column(name, "Int64") for name in _COUNTS},
        **{name: column(name, "Float64") for name in _NUMBERS},
        **{name: column(name, TEXT) for name in _OTHERS},
        "starred": column("is_starred", "bool"),
        "note": column("note", TEXT),
        "replayed": column("is_replayed", "bool"),
    }
    index = pd.Index([row.id for row in rows], dtype="int64", name="id")
    return pd.DataFrame(data).set_index(index)
