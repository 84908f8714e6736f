"""The table of what a server does with each field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chat_magic.analysis.metrics import VOCABULARY_SIZE
from chat_magic.analysis.table_columns import strings, table
from chat_magic.core.reply.capability import FEATURES

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.core.reply.capability import KnownCapabilities

__all__ = ["capability_table"]


def capability_table(known: KnownCapabilities) -> pd.DataFrame:
    """Return a row for each feature: the table `CAPABILITIES` of `column_docs`."""
    found = [known.findings[feature] for feature in FEATURES if feature in known.findings]
    data = {
        "run": np.zeros(len(found), np.int32),
        "feature": strings([finding.feature for finding in found]),
        "support": strings([finding.support for finding in found]),
        "detail": strings([finding.detail for finding in found]),
    }
    return table(data, {"checked_s": known.checked_s}, VOCABULARY_SIZE)
