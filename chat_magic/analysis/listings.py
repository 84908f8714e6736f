"""Small tables that are not of tokens: the models of a server, settings, facts of a request."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from chat_magic.analysis.frames import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.listing import ListedModel


def add_facts(table: pd.DataFrame, model: str, cost: float | None) -> None:
    """Add what is known of the whole request to the table of its choices, on each row.

    Args:
        table: A row for each choice.
        model: As `vendor/model`.
        cost: In dollars; becomes NaN where it is not known.
    """
    table["model"] = pd.Series(model, index=table.index, dtype=TEXT)
    table["cost"] = pd.Series(math.nan if cost is None else cost, index=table.index, dtype=float)


def models_table(models: Sequence[ListedModel]) -> pd.DataFrame:
    """Return a row for each model of a server.

    Returns:
        The table: `id` as the server names it, `owned_by`, `created` (UTC), `context_length`
        (tokens); missing where the server does not tell.
    """
    created = pd.Series([model.created for model in models], dtype="Int64")
    return pd.DataFrame(
        {
            "id": pd.Series([model.id for model in models], dtype=TEXT),
            "owned_by": pd.Series([model.owned_by for model in models], dtype=TEXT),
            "created": pd.to_datetime(created, unit="s", utc=True, errors="coerce"),
            "context_length": pd.Series([m.context_length for m in models], dtype="Int64"),
        }
    )


def settings_table(rows: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a row for each setting: its name, its value as text, and where it came from."""
    return pd.DataFrame(rows, columns=["setting", "value", "source"], dtype=TEXT)


def jobs_table(rows: Sequence[tuple[int, str, str, str, float, float]]) -> pd.DataFrame:
    """Return a row for each job that goes on in the background.

    Args:
        rows: Its number, name, model, state in words, start in seconds since 1970 UTC, and
            seconds so far.

    Returns:
        The table: `job`, `name`, `model`, `state`, `started` (UTC), `elapsed_s`, and `cancel`,
        what stops it.
    """
    columns = ["job", "name", "model", "state", "started", "elapsed_s"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {"job": "int32", "name": TEXT, "model": TEXT, "state": TEXT, "elapsed_s": float}
    )
    table["started"] = pd.to_datetime(table["started"], unit="s", utc=True).dt.floor("s")
    table["cancel"] = pd.Series([f"%chat /jobs cancel {row[0]}" for row in rows], dtype=TEXT)
    return table
