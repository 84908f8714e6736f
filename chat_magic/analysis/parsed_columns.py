"""The fields of structured answers, as columns of the table of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.schema.json_schema import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chat_magic.core.schema.structured import Schema

_DTYPES = {"string": TEXT, "integer": "Int64", "number": "Float64", "boolean": "boolean"}


def add_parsed(table: pd.DataFrame, schema: Schema, values: Sequence[Any]) -> pd.DataFrame:
    """Add the scalar fields of parsed answers to the table of choices.

    Args:
        table: A row for each choice.
        schema: The schema of the answers.
        values: The JSON value of each choice; None if it does not fit the schema.

    Returns:
        The table with a column `parsed.FIELD` for each field that is text, a number or a boolean
        (`parsed` if the answer itself is one). If the answer is a list, a cell has the list of
        the field's values; `table.explode([...])` makes a row of each item.
    """
    for name, column in parsed_columns(schema, values):
        table[f"parsed.{name}" if name else "parsed"] = column
    return table


def parsed_columns(
    schema: Schema, values: Sequence[Any], *, are_lists: bool = False
) -> Iterator[tuple[str | None, pd.Series[Any]]]:
    """Yield a column for each scalar field of parsed answers, as `add_parsed` adds them.

    Args:
        schema: The schema of the answers.
        values: The JSON value of each answer, None if it does not fit; or lists of them.
        are_lists: Whether these are lists, so that a cell is a list, too.

    Returns:
        The name of each field, None for an answer that is a scalar itself, and its column.
    """
    for name, dtype, is_list in schema_fields(schema):
        if dtype is None:
            continue
        cells = [
            [field_of(item, name, is_list=is_list) for item in value or ()]
            if are_lists
            else field_of(value, name, is_list=is_list)
            for value in values
        ]
        yield name, _column(cells, "object" if is_list or are_lists else dtype)


def schema_fields(schema: Schema) -> Iterator[tuple[str | None, str | None, bool]]:
    """Yield each field, its dtype, and whether a cell has a list of its values.

    The dtype is None where the field is no text, number or boolean; the name is None where the
    answer itself is one of these.
    """
    root = schema.json_schema
    value = root if schema.wrapper is None else root["properties"][schema.wrapper]
    is_list = schema.wrapper == "items"
    value = resolve(value.get("items", {}) if is_list else value, root)
    if dtype := _dtype(value, root):
        yield None, dtype, is_list
    for name, field in value.get("properties", {}).items():
        yield name, _dtype(field, root), is_list


def _dtype(schema: Any, root: Mapping[str, Any]) -> str | None:
    """Return the dtype of a field that is text, a number or a boolean, or null; else None."""
    schema = resolve(schema, root)
    parts = [resolve(part, root) for part in schema.get("anyOf", ())] or [schema]
    names = {name for part in parts for name in _type_names(part)} - {"null"}
    return _DTYPES.get(names.pop()) if len(names) == 1 else None


def _type_names(schema: Mapping[str, Any]) -> list[str]:
    names = schema.get("type", "object")
    return names if isinstance(names, list) else [names]


def field_of(value: Any, name: str | None, *, is_list: bool) -> Any:
    """Return a field of the JSON value of an answer, None if it has none; see `schema_fields`."""
    if value is None:
        return None
    if is_list:
        return [field_of(item, name, is_list=False) for item in value]
    if name is None:
        return value
    return value.get(name) if isinstance(value, dict) else None


def _column(cells: list[Any], dtype: str) -> pd.Series[Any]:
    try:
        return pd.Series(cells, dtype=dtype)
    except (OverflowError, TypeError, ValueError):  # more than 64 bits, or coerced by the type
        return pd.Series(cells, dtype="object")
