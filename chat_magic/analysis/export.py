"""Tables for other tools: a wide table of tokens, and CSV that is safe in a spreadsheet."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet run a text as a formula, and the mark that prevents it."""
_KEY = ["run", "choice", "part", "position"]


def wide_table(tokens: pd.DataFrame, alternatives: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each token, with the probabilities of its alternatives beside it.

    Args:
        tokens: The table of tokens.
        alternatives: The table of alternatives of the same replies.

    Returns:
        The table `WIDE` of `column_docs`. A sampled token outside the most probable ones is only
        in `token` and `prob`.
    """
    top = alternatives[~alternatives["is_extra"]]
    wide = tokens[[*_KEY, "token", "prob"]].copy()
    index = pd.MultiIndex.from_frame(wide[_KEY])
    for rank, rows in top.groupby("rank"):
        ranked = rows.set_index(_KEY)[["token", "prob"]].reindex(index)
        wide[f"token_{rank}"] = ranked["token"].astype(tokens["token"].dtype).array
        wide[f"p_{rank}"] = ranked["prob"].to_numpy()
    wide.attrs = tokens.attrs
    return wide


def to_csv(table: pd.DataFrame, path: str | Path | None = None) -> str | None:
    """Write a table as CSV whose texts no spreadsheet runs as formulas.

    A text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or `'` gets a `'` before
    it: in cells, names of columns, and the index, which is written unless it only numbers the
    rows. To get the texts back, take one `'` away from each that begins with it.

    Args:
        table: Any table of a result, or one made from it.
        path: Where to write it, in UTF-8.

    Returns:
        The CSV if no path is given.

    Example:
        >>> chat_magic.to_csv(result.tokens, "tokens.csv")
    """
    safe = table.copy()
    safe.columns = pd.RangeIndex(table.shape[1])
    for position, dtype in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            safe[position] = table.iloc[:, position].astype(object).map(_as_text)
    safe.columns = _safe_labels(table.columns)
    safe.index = _safe_labels(table.index)
    is_numbered = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    text: str | None = safe.to_csv(
        path, index=not is_numbered, encoding="utf-8", quoting=csv.QUOTE_NONNUMERIC
    )
    return text


def _safe_labels(labels: pd.Index[Any]) -> pd.Index[Any]:
    """Return the names of rows or columns, and what these are called, as texts that are safe."""
    names = [_as_text(name) for name in labels.names]
    if isinstance(labels, pd.MultiIndex):
        levels: list[Any] = [_safe_labels(level) for level in labels.levels]
        return labels.set_levels(levels).set_names(names)
    is_plain = pd.api.types.is_numeric_dtype(labels) or pd.api.types.is_datetime64_any_dtype(labels)
    if not is_plain:
        labels = pd.Index(list(map(_as_text, labels)), dtype=object, tupleize_cols=False)
    return labels.set_names(names)


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
