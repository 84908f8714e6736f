"""The table of scored texts: how likely each is as the answer, and among the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np
import pandas as pd

from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.table_columns import strings, table
from chat_magic.core.reply.scored_text import Method, facts_of, log_sum
from chat_magic.core.reply.tokens import status_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.reply import Choice, Reply
    from chat_magic.core.reply.scored_text import ScoreFacts

__all__ = ["BOUNDS", "score_rows", "scores_table"]

BOUNDS = ("exact", "lower", "upper", "interval")
"""What `prob` is, or between which values it is known to be."""
_FLOATS = (
    "logprob", "prob", "end_logprob", "mean_logprob", "bits_per_byte", "share", "low", "high",
)  # fmt: skip


class ScoreRow(NamedTuple):
    """A scored text of a run; a float is NaN where it is not known."""

    run: int
    candidate: str
    logprob: float
    prob: float
    end_logprob: float
    n_tokens: int | None
    mean_logprob: float
    bits_per_byte: float
    share: float
    rank: int | None
    bound: str
    low: float
    high: float
    method: str


def scores_table(
    replies: Sequence[Reply], ends: Sequence[bool], *, attrs: Mapping[str, Any]
) -> pd.DataFrame:
    """Return a row for each scored choice: the table `SCORES` of `column_docs`.

    Args:
        replies: The replies, by run.
        ends: For each, whether the answer must end after the text.
        attrs: Facts about the requests for `DataFrame.attrs`, as plain JSON.
    """
    rows = [
        row
        for run, (reply, end) in enumerate(zip(replies, ends, strict=True))
        for row in score_rows(run, reply.choices, end=end)
    ]
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in ScoreRow._fields
    }
    data: dict[str, Any] = {
        **columns,
        "run": np.array(columns["run"], dtype=np.int32),
        "candidate": strings(columns["candidate"]),
        **{name: np.array(columns[name], dtype=np.float64) for name in _FLOATS},
        "n_tokens": pd.array(columns["n_tokens"], dtype="Int32"),
        "rank": pd.array(columns["rank"], dtype="Int32"),
        "bound": pd.Categorical(columns["bound"], BOUNDS),
        "method": pd.Categorical(columns["method"], get_args(Method)),
    }
    return table(data, attrs, VOCABULARY_SIZE)


def score_rows(run: int, choices: Sequence[Choice], *, end: bool) -> list[ScoreRow]:
    """Return the rows of one run, with the share and the rank of each text among them.

    Args:
        run: Its position.
        choices: Its choices; those that were not scored are left out.
        end: Whether the share is that of answers which end after the text.
    """
    scored = [(choice, facts) for choice in choices if (facts := facts_of(choice)) is not None]
    rows = [_row(run, choice, facts) for choice, facts in scored]
    totals = [row.logprob + row.end_logprob if end else row.logprob for row in rows]
    shares = _shares(totals)
    return [
        row._replace(share=share, rank=_rank(total, totals))
        for row, share, total in zip(rows, shares, totals, strict=True)
    ]


def _row(run: int, choice: Choice, facts: ScoreFacts) -> ScoreRow:
    tokens = (choice.logprobs and choice.logprobs.content) or []
    logprob = math.fsum(_measured(token.logprob) for token in tokens) if tokens else math.nan
    prob = math.exp(logprob)
    low = prob if facts.low is None else facts.low
    high = prob if facts.high is None else facts.high
    n_bytes = len(choice.text.encode(errors="replace"))
    return ScoreRow(
        run=run,
        candidate=choice.text,
        logprob=logprob,
        prob=prob,
        end_logprob=_measured(facts.end_logprob),
        n_tokens=len(tokens) or None,
        mean_logprob=logprob / len(tokens) if tokens else math.nan,
        bits_per_byte=-logprob / (math.log(2) * n_bytes) if n_bytes else math.nan,
        share=math.nan,
        rank=None,
        bound="exact" if facts.high is None else _bound(low, high),
        low=low,
        high=high,
        method=facts.method,
    )


def _measured(logprob: float | None) -> float:
    return logprob if logprob is not None and status_of(logprob) == "ok" else math.nan


def _bound(low: float, high: float) -> str:
    if low == 0:
        return "upper"
    if low == high:
        return "exact"
    return "lower" if high >= 1 else "interval"


def _shares(totals: Sequence[float]) -> list[float]:
    """Return the share of each of some log probabilities; NaN for all if one is not known."""
    whole = math.nan if any(map(math.isnan, totals)) else log_sum(totals)
    return [math.exp(total - whole) for total in totals]


def _rank(total: float, totals: Sequence[float]) -> int | None:
    """Return the rank of a log probability, from 1; None if one is not known."""
    if any(map(math.isnan, totals)):
        return None
    return 1 + sum(other > total for other in totals)
