"""Small tables that are not of tokens: the models of a server, settings, facts of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chat_magic.analysis.table_columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.arrays import Floats
    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.core.reply.reply import Timing, Usage


class RequestFacts(NamedTuple):
    """What is known of a whole request."""

    model: str
    cost: float | None
    timing: Timing
    usage: Usage | None


def add_cost(table: pd.DataFrame, facts: Sequence[RequestFacts]) -> None:
    """Add `model` and `cost` (dollars; NaN where it is not known) to a table of choices.

    Args:
        table: A row for each choice.
        facts: Of each run; they stand on every one of its rows.
    """
    run = table["run"].to_numpy()
    table["model"] = pd.array([one.model for one in facts], dtype=TEXT).take(run)
    table["cost"] = _numbers([one.cost for one in facts])[run]


def add_speed(table: pd.DataFrame, facts: Sequence[RequestFacts]) -> None:
    """Add the times of each choice's request, in seconds, and its usage, in tokens.

    Args:
        table: A row for each choice.
        facts: As for `add_cost`.
    """
    run = table["run"].to_numpy()
    for name in ("ttft_s", "total_s", "tokens_per_s"):
        table[name] = _numbers([getattr(one.timing, name) for one in facts])[run]
    for name in ("prompt_tokens", "completion_tokens"):
        counts = [None if one.usage is None else getattr(one.usage, name) for one in facts]
        table[name] = pd.array(counts, dtype="Int64").take(run)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)


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
