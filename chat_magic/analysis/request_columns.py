"""The facts about a request as columns of the table of choices: model, cost, times, usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chat_magic.analysis.table_columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.arrays import Floats
    from chat_magic.core.reply.reply import Timing, Usage


class RequestFacts(NamedTuple):
    """The facts about a whole request."""

    model: str
    cost: float | None
    timing: Timing
    usage: Usage | None


def add_cost(table: pd.DataFrame, facts: Sequence[RequestFacts]) -> None:
    """Add `model` and `cost` (dollars) to a table of choices.

    Args:
        table: A row for each choice.
        facts: Those of each run, repeated on all of its rows.
    """
    run = table["run"].to_numpy()
    table["model"] = pd.array([fact.model for fact in facts], dtype=TEXT).take(run)
    table["cost"] = _numbers([fact.cost for fact in facts])[run]


def add_speed(table: pd.DataFrame, facts: Sequence[RequestFacts]) -> None:
    """Add the times (seconds) and usage (tokens) of requests to a table of choices.

    Args:
        table: A row for each choice.
        facts: As for `add_cost`.
    """
    run = table["run"].to_numpy()
    for name in ("ttft_s", "total_s", "tokens_per_s"):
        table[name] = _numbers([getattr(fact.timing, name) for fact in facts])[run]
    for name in ("prompt_tokens", "completion_tokens"):
        counts = [None if fact.usage is None else getattr(fact.usage, name) for fact in facts]
        table[name] = pd.array(counts, dtype="Int64").take(run)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array(values, dtype=np.float64)
