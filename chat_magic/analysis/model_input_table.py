"""The table of the tokens that a model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chat_magic.analysis.arrays import objects
from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.table_columns import strings, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.prompt_parts import PromptToken

__all__ = ["model_input_table"]


def model_input_table(tokens: Sequence[PromptToken], attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each token of a prompt: the table `MODEL_INPUT` of `column_docs`."""
    count = len(tokens)
    data = {
        "run": np.zeros(count, np.int32),
        "message": pd.array([token.message for token in tokens], dtype="Int32"),
        "position": np.arange(count, dtype=np.int32),
        "token": strings([None if token.content is None else token.text for token in tokens]),
        "bytes": objects([token.content for token in tokens]),
        "is_special": np.array([token.is_special for token in tokens], np.bool_),
    }
    return table(data, attrs, VOCABULARY_SIZE)
