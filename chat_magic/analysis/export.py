"""Tables for other tools: a row a token with its alternatives beside it, and CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet run a text, and the mark that keeps it from that."""
_KEY = ["run", "choice", "part", "position"]


def wide_table(tokens: pd.DataFrame, alternatives: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each token, with the probabilities of its alternatives beside it.

    Args:
        tokens: The table of tokens.
        alternatives: The table of alternatives of the same replies.

    Returns:
        The key, `token` and `prob` of what came, then `token_1`, `p_1`, … `token_K`, `p_K` by
        falling probability, missing where fewer were returned. A token that came from outside the
        most probable ones stands only in `token` and `prob`.
    """
    top = alternatives[~alternatives["is_extra"]]
    found = tokens[[*_KEY, "token", "prob"]].copy()
    index = pd.MultiIndex.from_frame(found[_KEY])
    for rank, rows in top.groupby("rank"):
        here = rows.set_index(_KEY)[["token", "prob"]].reindex(index)
        found[f"token_{rank}"] = here["token"].astype(tokens["token"].dtype).to_numpy()
        found[f"p_{rank}"] = here["prob"].to_numpy()
    found.attrs = tokens.attrs
    return found


def to_csv(table: pd.DataFrame, path: str | Path | None = None) -> str | None:
    """Write a table as CSV that a spreadsheet shows as it is: no token is run as a formula.

    A text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or `'` gets a `'` before
    it; taking one away where a text begins with it gives the texts back.

    Args:
        table: Any table of a result.
        path: Where to write it, in UTF-8.

    Returns:
        The CSV when no path is given.
    """
    safe = table.copy()
    for name in table.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]]:
        safe[name] = table[name].astype(object).map(_as_text)
    text: str | None = safe.to_csv(
        path, index=False, encoding="utf-8", quoting=csv.QUOTE_NONNUMERIC
    )
    return text


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
