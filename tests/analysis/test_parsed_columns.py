"""The fields of structured answers as columns."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic.analysis.parsed_columns import add_parsed
from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.schema.structured import schema_of


def parsed(schema, *values):
    """Return the columns that values of a schema add to a table."""
    return add_parsed(pd.DataFrame(index=range(len(values))), schema_of(schema), list(values))


def test_each_scalar_field_is_a_column_of_its_type():
    """Fields that are lists or objects are not; answers that do not fit are missing."""
    types = {"s": "string", "i": "integer", "n": "number", "b": "boolean", "l": "array"}
    schema = {"type": "object", "properties": {name: {"type": t} for name, t in types.items()}}
    table = parsed(schema, {"s": "x", "i": 1, "n": 0.5, "b": True, "l": []}, None)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
        "parsed.s": TEXT, "parsed.i": "Int64", "parsed.n": "Float64", "parsed.b": "boolean",
    }  # fmt: skip
    assert table.iloc[0].tolist() == ["x", 1, 0.5, True]
    assert table.iloc[1].isna().all()


def test_a_field_that_may_be_null_keeps_its_type():
    """Written either way."""
    either = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    schema = {"type": "object", "properties": {"a": either, "b": {"type": ["null", "number"]}}}
    table = parsed(schema, {"a": None, "b": 1})
    assert [str(dtype) for dtype in table.dtypes] == ["Int64", "Float64"]
    assert table["parsed.a"].isna().all()


def test_a_list_of_answers_is_a_list_in_each_cell():
    """To be exploded into rows."""
    table = parsed(list[int], [1, 2], [3])
    assert table["parsed"].tolist() == [[1, 2], [3]]
    assert table.explode("parsed")["parsed"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("value", [2**70, "not a number"])
def test_a_value_that_its_dtype_cannot_hold_makes_a_column_of_objects(value):
    """Rather than an error, or another value."""
    schema = {"type": "object", "properties": {"i": {"type": "integer"}}}
    table = parsed(schema, {"i": value}, {"i": 1})
    assert table["parsed.i"].tolist() == [value, 1]
