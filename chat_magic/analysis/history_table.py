"""The tables of the history, and of the usage that it adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.reply.history_row import KINDS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.history_row import HistoryRow

_TEXTS = ("model", "prompt", "answer")
_COUNTS = ("answers", "requests", "failed", "prompt_tokens", "completion_tokens")
_USAGE_COUNTS = (
    "requests", "failed", "replayed", "prompt_tokens", "cached_tokens", "completion_tokens",
    "reasoning_tokens",
)  # fmt: skip
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


def usage_table(rows: Sequence[Sequence[Any]], by: Sequence[str]) -> pd.DataFrame:
    """Return a row for each group: the table `USAGE` of `column_docs`.

    Args:
        rows: The values of `by`, then those of the other columns.
        by: The names of the first columns.
    """
    dtypes = dict.fromkeys(by, TEXT) | dict.fromkeys(_USAGE_COUNTS, "Int64") | {"cost": "Float64"}
    columns = zip(*rows, strict=True) if rows else [()] * len(dtypes)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=dtype)
            for (name, dtype), values in zip(dtypes.items(), columns, strict=True)
        }
    )
