"""The table of branches: how often each was sampled, and how probable the model says it is."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.arrays import integers, objects
from chat_magic.analysis.divergences import answer_texts, branch_columns, find_divergences
from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.table_columns import strings, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from chat_magic.analysis.divergences import Divergence
    from chat_magic.analysis.reply_columns import ReplyColumns


def branches_table(columns: ReplyColumns, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each branch that the texts of a run take where they diverge.

    The texts of a run form a trie over their UTF-8 bytes, so that different tokenizations of the
    same text are one branch. They diverge at a token: the first one with a byte in which they
    differ.

    Args:
        columns: The tokens of some replies; of each choice its content, or its refusal.
        attrs: As for `reply_tables.tokens_table`.

    Returns:
        The table `branches` of `column_docs`.
    """
    branches: list[dict[str, Any]] = []
    for run, texts in groupby(answer_texts(columns), key=lambda text: text.run):
        branches += ({"run": run, **row} for row in _rows(find_divergences(list(texts))))
    rows = {name: [branch[name] for branch in branches] for name in _ROW}
    counts = [len(choices) for choices in rows["choices"]]
    stats = branch_columns(counts, rows["among"], rows["probs"])
    data = {
        **{name: integers(rows[name]).astype(np.int32) for name in _ROW[:5]},
        "token": strings(rows["token"]),
        **{name: column for name, column in stats.items() if name != "among"},
        "choices": objects(rows["choices"]),
    }
    return table(data, attrs, VOCABULARY_SIZE)


_ROW = (
    "run", "node_id", "parent_id", "depth", "prefix_chars", "token", "choices", "among", "probs"
)  # fmt: skip


def _rows(divergences: list[Divergence]) -> Iterator[dict[str, Any]]:
    """Yield the branches of one run, those of a divergence before those that follow them."""
    pairs = ((divergence, branch) for divergence in divergences for branch in divergence.branches)
    for number, (divergence, branch) in enumerate(pairs):
        yield {
            "node_id": number,
            "parent_id": divergence.parent,
            "depth": divergence.depth,
            "prefix_chars": len(branch.texts[0].data[: divergence.start].decode()),
            "token": branch.token.decode(),
            "choices": tuple(text.index for text in branch.texts),
            "among": divergence.among,
            "probs": branch.probs,
        }
