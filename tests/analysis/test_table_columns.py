"""The columns that tables are made of."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from chat_magic.analysis.arrays import integers
from chat_magic.analysis.table_columns import TEXT, category, fit_dtype, nullable, strings, table


def test_a_table_carries_the_facts_about_its_request_as_plain_json():
    """With the version of the schema, and the assumed size of the vocabulary."""
    frame = table({"a": [1]}, {"model": "a/b", "warnings": ("x",)}, 7)
    facts = frame.attrs["chat_magic"]
    assert facts == {
        "schema_version": 1, "vocab_size_assumed": 7, "model": "a/b", "warnings": ["x"],
    }  # fmt: skip
    assert json.loads(json.dumps(facts)) == facts


def test_texts_are_pandas_own_texts():
    """None is missing."""
    column = pd.Series(strings(["a", None]))
    assert str(column.dtype) == TEXT
    assert column.isna().tolist() == [False, True]


def test_a_category_holds_each_name_once_and_misses_negative_codes():
    """In the order of the names that are given."""
    column = category(integers([1, -1, 1]), ["b", "a"])
    assert column.tolist()[::2] == ["a", "a"]
    assert column.isna().tolist() == [False, True, False]
    assert list(column.categories) == ["b", "a"]


def test_nan_and_negative_numbers_are_missing():
    """In a nullable column."""
    column = nullable(np.array([2.0, np.nan, -1.0]), "int32")
    assert column.dtype == "Int32"
    assert column.isna().tolist() == [False, True, True]
    assert column[0] == 2


@pytest.mark.parametrize(("most", "dtype"), [(32767, "int16"), (32768, "int32")])
def test_numbers_take_the_smaller_dtype_that_fits(most, dtype):
    """16 bits, or 32."""
    assert fit_dtype(integers([0, most])).dtype == dtype
