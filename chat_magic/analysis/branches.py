"""Where sampled texts part: how often each way was taken, and how probable the model held it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.arrays import integers, objects
from chat_magic.analysis.divergences import answer_texts, measured, partings
from chat_magic.analysis.frames import strings, table
from chat_magic.analysis.metrics import VOCABULARY_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from chat_magic.analysis.columns import Columns
    from chat_magic.analysis.divergences import Divergence


def branches_table(columns: Columns, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each way that the texts of a run took where they part.

    The texts of a run are a trie over their UTF-8 bytes: two ways to cut the same text into
    tokens are one way. They part at a token, the first that holds a byte in which they differ.

    Args:
        columns: The tokens of some replies; each choice's content counts, or its refusal.
        attrs: As for `tables.tokens_table`.

    Returns:
        The table: `run`; `node_id`, from 0 in each run, and `parent_id`, -1 at the first parting;
        `depth`, the number of partings above; `prefix_chars`, the code points before `token`, the
        text that this way goes on with (empty where the text ends); `count` of the choices that
        took it, of whom `choices` are the indices, and `share`, their part of those that came
        this far, with its 95 % interval `wilson_low` to `wilson_high` (Wilson 1927);
        `model_prob`, the mean of the probabilities reported for this way by those that came this
        far, and their least and greatest, `model_prob_min` and `model_prob_max`: the same tokens
        can get slightly other probabilities in each choice. NaN where none was reported.
    """
    ways: list[dict[str, Any]] = []
    for run, texts in groupby(answer_texts(columns), key=lambda text: text.run):
        ways += ({"run": run, **way} for way in _rows(partings(list(texts))))
    rows = {name: [way[name] for way in ways] for name in _ROW}
    found = measured([len(choices) for choices in rows["choices"]], rows["among"], rows["probs"])
    data = {
        **{name: integers(rows[name]).astype(np.int32) for name in _ROW[:5]},
        "token": strings(rows["token"]),
        **{name: column for name, column in found.items() if name != "among"},
        "choices": objects(rows["choices"]),
    }
    return table(data, attrs, VOCABULARY_SIZE)


_ROW = (
    "run", "node_id", "parent_id", "depth", "prefix_chars", "token", "choices", "among", "probs"
)  # fmt: skip


def _rows(found: list[Divergence]) -> Iterator[dict[str, Any]]:
    """Yield the ways of one run, those of a parting before those further down."""
    ways = ((parting, way) for parting in found for way in parting.ways)
    for number, (parting, way) in enumerate(ways):
        yield {
            "node_id": number,
            "parent_id": parting.parent,
            "depth": parting.depth,
            "prefix_chars": len(way.texts[0].data[: parting.start].decode()),
            "token": way.token.decode(),
            "choices": tuple(text.index for text in way.texts),
            "among": parting.among,
            "probs": way.probs,
        }
