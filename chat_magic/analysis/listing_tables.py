"""The tables of commands: models of a server, settings, jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.reply.capability import summary_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.capability import KnownCapabilities
    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.core.reply.thread_use import ThreadRow


def models_table(
    models: Sequence[ListedModel], known: Mapping[str, KnownCapabilities] | None = None
) -> pd.DataFrame:
    """Return a row for each model of a server: the table `MODELS` of `column_docs`.

    Args:
        models: The models, as the server lists them.
        known: What `capabilities` has found about some of them, by name.
    """
    found = [(known or {}).get(model.id) for model in models]
    created = pd.Series([model.created for model in models], dtype="Int64")
    return pd.DataFrame(
        {
            "id": pd.Series([model.id for model in models], dtype=TEXT),
            "owned_by": pd.Series([model.owned_by for model in models], dtype=TEXT),
            "created": pd.to_datetime(created, unit="s", utc=True, errors="coerce"),
            "context_length": pd.Series([m.context_length for m in models], dtype="Int64"),
            "capabilities": pd.Series([one and summary_of(one) for one in found], dtype=TEXT),
        }
    )


def settings_table(rows: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    """Return a row for each setting (name, value, source): `SETTINGS` of `column_docs`."""
    return pd.DataFrame(rows, columns=["setting", "value", "source"], dtype=TEXT)


def jobs_table(rows: Sequence[tuple[int, str, str, str, float, float]]) -> pd.DataFrame:
    """Return a row for each job in the background: the table `JOBS` of `column_docs`.

    Args:
        rows: Number, name, model, state in words, start in seconds since 1970-01-01 UTC, and
            elapsed seconds of each.
    """
    columns = ["job", "name", "model", "state", "started", "elapsed_s"]
    table = pd.DataFrame(rows, columns=columns).astype(
        {
            "job": "int32",
            "name": TEXT,
            "model": TEXT,
            "state": TEXT,
            "started": float,
            "elapsed_s": float,
        }
    )
    table["started"] = pd.to_datetime(table["started"], unit="s", utc=True).dt.floor("s")
    table["cancel"] = pd.Series([f"%chat /jobs cancel {row[0]}" for row in rows], dtype=TEXT)
    return table


def threads_table(rows: Sequence[ThreadRow]) -> pd.DataFrame:
    """Return a row for each conversation of a notebook: the table `THREADS` of `column_docs`."""
    started = pd.Series([row.started_s for row in rows], dtype="Float64")
    return pd.DataFrame(
        {
            "thread": pd.Series([row.thread for row in rows], dtype=TEXT),
            "turns": pd.Series([row.turns for row in rows], dtype="int32"),
            "prompt": pd.Series([row.prompt for row in rows], dtype=TEXT),
            "model": pd.Series([row.model for row in rows], dtype=TEXT),
            "tokens": pd.Series([row.total_tokens for row in rows], dtype="Int64"),
            "started": pd.to_datetime(started, unit="s", utc=True).dt.floor("s"),
        }
    )
