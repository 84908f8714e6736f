"""The model and the coordinates of each run, as columns after `run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chat_magic.analysis.arrays import objects
from chat_magic.analysis.table_columns import category
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_DTYPES = {"number": "Float64", "integer": "Int64", "boolean": "boolean"}


def with_coordinates(
    table: pd.DataFrame,
    models: Sequence[str],
    coordinates: Sequence[Mapping[str, Any]],
    names: Sequence[str] = (),
) -> pd.DataFrame:
    """Return a table with `model` and a column for each coordinate after `run`.

    Args:
        table: Any table of several results; a column `model` of it is replaced.
        models: The model of each run, as `vendor/model`.
        coordinates: For each run, values of parameters, labels of rows or titles of anything else,
            by name.
        names: The names, where there is no run that has them.

    Returns:
        The table, with the columns `COORDINATES` of `column_docs`.
    """
    run = table["run"].to_numpy()
    columns = {"model": _titles(models)}
    taken = {*table.columns, "model"}
    names = [name for name in (coordinates[0] if coordinates else names) if name != "model"]
    for name in names:
        values = [known[name] for known in coordinates]
        columns[f"vary.{name}" if name in taken else name] = _column(name, values)
    head = pd.DataFrame({"run": table["run"], **{n: c.take(run) for n, c in columns.items()}})
    rest = table.drop(columns=["run", "model"], errors="ignore")
    extended = pd.concat([head, rest], axis=1)
    extended.attrs = table.attrs
    return extended


def metrics_by_run(
    table: pd.DataFrame, n_runs: int, names: Collection[str]
) -> dict[str, list[list[float]]]:
    """Return the numeric columns of a table of choices, as a list for each run.

    Args:
        table: A row for each choice.
        n_runs: Number of runs, those without choices included.
        names: Columns besides run and choice that are not metrics: the coordinates.
    """
    metrics = table.select_dtypes("number").drop(columns=["run", "choice"])
    rows = [np.flatnonzero(table["run"] == run) for run in range(n_runs)]
    return {
        str(name): [
            column.to_numpy("float64", na_value=np.nan)[run_rows].tolist() for run_rows in rows
        ]
        for name, column in metrics.items()
        if name not in names
    }


def _column(name: str, values: list[Any]) -> Any:
    known = [None if value is UNSET else value for value in values]
    dtype = _DTYPES.get(PARAMETERS[name].kind) if name in PARAMETERS else _dtype_of(known)
    if dtype and not any(isinstance(value, str) for value in known):
        return pd.Series(known, dtype=dtype).array
    return _titles([None if value is None else _word(value) for value in known])


def _dtype_of(values: list[Any]) -> str | None:
    """Return the dtype of labels of rows that are all numbers, or all booleans."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "Int64"
    return "Float64" if kinds and kinds <= {int, float} else None


def _word(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _titles(titles: Sequence[str | None]) -> pd.Categorical:
    """Return titles as categories in the order of their first occurrence."""
    codes, names = pd.factorize(objects(titles))
    return category(codes, names)
