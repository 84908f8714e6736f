"""The table of tokens under other sampling settings, and when it cannot be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chat_magic.analysis import metrics
from chat_magic.analysis.arrays import integers
from chat_magic.analysis.table_columns import strings, table
from chat_magic.analysis.token_metrics import alternative_logprobs, measure
from chat_magic.analysis.what_if import PossibleTokens, Sampling, what_if

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.arrays import Flags
    from chat_magic.analysis.reply_columns import ReplyColumns


def what_if_table(
    columns: ReplyColumns,
    sampling: Sampling,
    *,
    attrs: Mapping[str, Any],
    vocabulary: int = metrics.VOCABULARY_SIZE,
) -> pd.DataFrame:
    """Return a row for each token of each answer, with the bounds of its probability.

    Args:
        columns: The tokens of some replies.
        sampling: The settings.
        attrs: As for `reply_tables.tokens_table`.
        vocabulary: Tokens assumed in the model's vocabulary.

    Returns:
        The table `WHAT_IF` of `column_docs`.
    """
    ranked, rows = columns.ranked, _of_answers(columns)
    values = what_if(
        PossibleTokens(
            logprob=alternative_logprobs(columns)[rows],
            in_top=ranked.in_top[rows],
            chosen=ranked.chosen[rows],
            vocabulary=vocabulary,
        ),
        sampling,
    )
    part = columns.part[rows]
    run = integers([each.run for each in columns.parts])
    choice = integers([each.choice.index for each in columns.parts])
    data = {
        "run": run[part].astype(np.int32),
        "choice": choice[part].astype(np.int16),
        "position": columns.position[rows].astype(np.int32),
        "token": strings(columns.vocabulary.text[columns.tokens.code[rows]]),
        "prob_low": values.low,
        "prob_high": values.high,
        "cut": pd.arrays.BooleanArray(values.cut == 1, np.isnan(values.cut)),
    }
    return table(data, attrs, vocabulary)


def fault_of_what_if(columns: ReplyColumns, temperatures: Sequence[object]) -> str | None:
    """Say why other settings cannot be applied to some tokens; None if they can.

    Args:
        columns: The tokens of some replies.
        temperatures: What the request of each run sent; None where it sent none.

    Returns:
        The reason: there are no alternatives; or the probabilities are already those after the
        temperature, which is so where one other than 1 was sent and 50 tokens or more look sampled
        from what was reported (`metrics.sampling_z` between -3 and 3).
    """
    if columns.parts and not (columns.ranked.k_returned > 0).any():
        return "there are no alternatives: ask with --top-logprobs 10"
    part_run = integers([part.run for part in columns.parts])
    for run, temperature in enumerate(temperatures):
        if temperature in (None, 1):
            continue
        z = _sampling_z(columns, part_run[columns.part] == run)
        if abs(z) < 3:
            which = f"run {run}: " if len(temperatures) > 1 else ""
            return (
                f"{which}the probabilities are already those after temperature {temperature}, as "
                f"the tokens look sampled from them (z {z:.1f}): ask with --temperature 1"
            )
    return None


def _sampling_z(columns: ReplyColumns, tokens: Flags) -> float:
    measured = measure(columns, vocabulary=metrics.VOCABULARY_SIZE)
    entropy = metrics.Entropy(*(array[tokens] for array in measured.entropy))
    return metrics.sampling_z(measured.logprob[tokens], entropy)


def _of_answers(columns: ReplyColumns) -> Flags:
    """Say which tokens are those of an answer: of the content, or of a refusal instead."""
    is_answer = np.zeros(len(columns.parts), dtype=bool)
    is_answer[columns.answers] = True
    flags: Flags = is_answer[columns.part]
    return flags
