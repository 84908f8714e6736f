"""How the columns of tables are made: one function for each kind, on pandas 2 and 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
import pandas as pd

from chat_magic.analysis.arrays import objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.analysis.arrays import Floats, Integers, Objects

SCHEMA_VERSION = 1
TEXT: Literal["str", "string"] = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"

Data = dict[str, Any]


def table(data: Data, attrs: Mapping[str, Any], vocabulary: int) -> pd.DataFrame:
    """Return columns as a table, with the facts about the request in `attrs`, as plain JSON."""
    frame = pd.DataFrame(data, copy=False)
    facts = {"schema_version": SCHEMA_VERSION, "vocab_size_assumed": vocabulary, **attrs}
    frame.attrs["chat_magic"] = msgspec.json.decode(msgspec.json.encode(facts))
    return frame


def strings(values: Sequence[str | None] | Objects) -> Any:
    """Return texts without lone surrogates as a column; None is missing."""
    array = values if isinstance(values, np.ndarray) else objects(values)
    return pd.array(array, dtype=TEXT)


def category(codes: Integers, names: Sequence[str] | Objects) -> pd.Categorical:
    """Return a categorical column, missing where the code is -1."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names), dtype="str"))


def nullable(values: Integers | Floats, dtype: str) -> pd.arrays.IntegerArray:
    """Return integers as a nullable column; NaN and negative values are missing."""
    known = values >= 0
    return pd.arrays.IntegerArray(np.where(known, values, 0).astype(dtype), ~known)


def fit_dtype(values: Integers) -> Integers:
    """Return integers as int16, or as int32 if one of them does not fit."""
    fits = values.max(initial=0) <= np.iinfo(np.int16).max
    return values.astype(np.int16 if fits else np.int32)
