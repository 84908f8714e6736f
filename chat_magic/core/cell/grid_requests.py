"""The requests of a grid: one for every combination of its axes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.grid import Variant, columns_of
from chat_magic.core.cell.per_model import apply_per_model, check_models
from chat_magic.core.cell.row_values import (
    column_notices,
    missing_notice,
    row_variables,
    with_columns,
)
from chat_magic.core.cell.template import TrackedVariables, is_sandboxed
from chat_magic.core.request.parameters import apply_implied
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.request.request import ChatRequest

_VARIED = ("row", "prompt", "variable")
"""Kinds of axes along which the messages differ, or may."""


def expand(
    axes: Sequence[Axis],
    variables: Mapping[str, Any],
    read: Callable[[Mapping[str, Any], Any], ChatRequest],
) -> tuple[Variant, ...]:
    """Return the requests of all combinations, the last axis changing fastest.

    Args:
        axes: The axes; none for a single request.
        variables: What templates see besides rows and what varies.
        read: Makes the request, its templates seeing what it is given, of a prompt; None stands
            for the messages of the cell or the call. It is called once for each combination of
            rows, prompts and variables.

    Raises:
        InvalidRequest: A parameter is given beside its axis, `per_model` has a model that is not
            asked or a parameter that is an axis, or no template uses a variable.
    """
    varied = [axis for axis in axes if axis.kind in _VARIED]
    _check_variables(varied)
    readings = _Readings(varied, variables)
    read_for = {
        places: readings.read(places, read)
        for places in product(*(_places(axis) for axis in varied))
    }
    if read_for:
        readings.check_used()
        _check_request(next(iter(read_for.values())), axes)
    notices = tuple(readings.notices())
    read_for = {
        places: replace(request, warnings=(*request.warnings, *notices))
        for places, request in read_for.items()
    }
    return tuple(
        _variant(axes, places, read_for) for places in product(*(_places(axis) for axis in axes))
    )


def _places(axis: Axis) -> range:
    return range(len(axis.values))


def _check_variables(axes: Sequence[Axis]) -> None:
    """Check that no variable is a column of the rows, too."""
    columns = columns_of(axes)
    for axis in axes:
        if axis.kind == "variable" and axis.name in columns:
            raise InvalidRequest(f"--vary {axis.name}: {axis.name} is a column of the rows")


class _Readings:
    """The readings of a cell or a call for each combination of what its templates see.

    Args:
        axes: Those along which the messages differ.
        variables: What templates see besides.
    """

    def __init__(self, axes: Sequence[Axis], variables: Mapping[str, Any]) -> None:
        self._axes = axes
        self._variables = variables
        self._used: set[str] = set()
        self._missing: dict[int, set[str]] = {}
        """By row, the texts of the missing values that were inserted."""
        self._rows = next((axis for axis in axes if axis.kind == "row"), None)
        self._columns = columns_of(axes)

    def read(
        self, places: tuple[int, ...], read: Callable[[Mapping[str, Any], Any], ChatRequest]
    ) -> ChatRequest:
        """Read the request at these places of the axes."""
        if not self._axes:
            return read(self._variables, None)
        values = {axis.name: axis.values[at] for axis, at in zip(self._axes, places, strict=True)}
        row = places[self._axes.index(self._rows)] if self._rows else None
        bound = {**self._variables, **self._row_variables(row)}
        bound |= {axis.name: values[axis.name] for axis in self._axes if axis.kind == "variable"}
        prompts = (values[axis.name] for axis in self._axes if axis.kind == "prompt")
        missing: set[str] = set()
        tracked = TrackedVariables(
            bound, self._used, missing=missing, is_sandboxed=is_sandboxed(self._variables)
        )
        try:
            request = read(tracked, next(prompts, None))
        except InvalidRequest as error:
            if self._rows is None or row is None:
                raise
            place = f"{self._rows.name} {self._rows.titles[row]}"
            raise with_columns(error, self._columns, place) from error.__cause__
        if missing and row is not None:
            self._missing.setdefault(row, set()).update(missing)
        return request

    def _row_variables(self, row: int | None) -> Mapping[str, Any]:
        return row_variables(self._rows.values[row]) if self._rows and row is not None else {}

    def check_used(self) -> None:
        """Check that the templates use each variable.

        Raises:
            InvalidRequest: They do not.
        """
        for axis in self._axes:
            if axis.kind == "variable" and axis.name not in self._used:
                name = f"{{{{ {axis.name} }}}}"
                raise InvalidRequest(f"--vary {axis.name}: the cell does not use {name}")

    def notices(self) -> Iterator[str]:
        """Say what the templates made of the rows, if it may not be what is meant."""
        if self._rows is None or not self._rows.values:
            return
        count = len(self._rows.values)
        yield from column_notices(self._columns, self._used, self._variables, count)
        if self._missing:
            texts = set().union(*self._missing.values())
            yield missing_notice(texts, len(self._missing), count)


def _variant(
    axes: Sequence[Axis],
    places: tuple[int, ...],
    read_for: Mapping[tuple[int, ...], ChatRequest],
) -> Variant:
    pairs = list(zip(axes, places, strict=True))
    request = read_for[tuple(place for axis, place in pairs if axis.kind in _VARIED)]
    for axis, place in pairs:
        if axis.kind == "model":
            request = replace(request, model=axis.values[place])
        elif axis.kind == "parameter":
            set_here = apply_implied({axis.name: axis.values[place]})
            request = replace(request, parameters={**request.parameters, **set_here})
    coordinates = {axis.name: axis.coordinates[place] for axis, place in pairs}
    return Variant(apply_per_model(request), coordinates)


def _check_request(request: ChatRequest, axes: Sequence[Axis]) -> None:
    models = next((axis.values for axis in axes if axis.kind == "model"), None)
    if models is None:
        models = () if request.model is None else (request.model,)
    check_models(request.per_model, models)
    swept = {axis.name for axis in axes if axis.kind == "parameter"}
    for model, values in request.per_model.items():
        for name in swept & set(values):
            raise InvalidRequest(f"per_model {model} {name}: is an axis of the grid")
