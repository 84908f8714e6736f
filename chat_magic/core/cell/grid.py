"""Grids: one cell asked of several models, with several values, in several wordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.cell.row_values import (
    ROW,
)
from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS, check_setting, read_setting
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest

MOST_RUNS = 2_000
"""Requests that one grid may have."""
_LONGEST_TITLE = 40
_MANY_ROWS = (
    "; take fewer rows with --rows N (rows=N), or ask for all of them with chat_map, or with "
    "--as-frame in a cell"
)
_COMPARE_WITH_ITSELF = (
    "; to compare a model with itself ask for several choices (-n 2, n=2) or sweep the seed "
    "(--sweep seed=1,2,3, sweep={'seed': [1, 2, 3]})"
)

_NOT_VARIED = {
    "model": "not a variable; use --models to ask several models",
    ROW: "not a variable of its own: it is the whole row of --over",
}
CELL = "cell"
"""What `--prompts` calls the messages of the cell itself."""

Kind = Literal["model", "parameter", "variable", "row", "prompt"]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a grid: what differs between its runs."""

    name: str
    """`model`, `prompt`, a parameter, a variable of the templates, or the index of the rows."""
    kind: Kind
    titles: tuple[str, ...]
    """What each value is called."""
    values: tuple[Any, ...]
    """Models as written, values of the parameter (`UNSET` among them) or of the variable, prompts,
    or rows: mappings from the columns to their values."""
    labels: tuple[Any, ...] = ()
    """For rows, what tables hold for each: a number of the index as it is, else its title."""
    data: Any = field(default=None, compare=False, repr=False)
    """For rows, the table that they are of, with its index."""

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """What tables hold for each value: that of a parameter, a row's label, else its title."""
        if self.kind == "row":
            return self.labels
        return self.values if self.kind == "parameter" else self.titles

    @property
    def size(self) -> str:
        """How many values there are, and of what."""
        noun = self.kind if self.kind in ("model", "prompt", "row") else ""
        plural = "s"[: len(self.titles) != 1]
        return f"{len(self.titles)} {noun + plural if noun else self.name}"


@dataclass(frozen=True)
class Variant:
    """The request of one run, and its coordinate on each axis."""

    request: ChatRequest
    coordinates: Mapping[str, Any]
    """By the name of the axis; see `Axis.coordinates`."""


def models_axis(models: Sequence[str], label: str) -> Axis:
    """Return the axis of some models.

    Raises:
        InvalidRequest: One is empty, or given twice.
    """
    if isinstance(models, str) or not all(isinstance(model, str) for model in models):
        raise InvalidRequest(f"{label}: must be a list of models such as vendor/model")
    names = tuple(model.strip() for model in models)
    _check_values(names, label, _COMPARE_WITH_ITSELF)
    return Axis(name="model", kind="model", titles=names, values=names)


def sweep_axis(name: str, values: Sequence[Any], label: str = "sweep ") -> Axis:
    """Return the axis of a parameter, or of the model.

    Args:
        name: One of the scalar parameters, or `model`.
        values: Words as they are typed, or values; `unset` and `UNSET` are values too.
        label: What an error calls the option, before the name.

    Raises:
        InvalidRequest: There is no such parameter, or a value is empty, out of range or repeated.
    """
    if name == "model":
        axis = models_axis(values, f"{label}model")
        if "unset" in axis.values:
            raise InvalidRequest(f"{label}model unset: a request requires a model")
        return axis
    if name not in SCALARS:
        what = "is not one value" if name in PARAMETERS else "no such parameter"
        raise InvalidRequest(f"{label}{name}: {what}{nearest(name, [*SCALARS, 'model'])}")
    if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
        raise InvalidRequest(f"{label}{name}: must be a list of values")
    read = tuple(_read_value(name, value, f"{label}{name}") for value in values)
    _check_values([title_of(value) for value in read], f"{label}{name}")
    return Axis(name=name, kind="parameter", titles=tuple(map(title_of, read)), values=read)


def _read_value(name: str, value: Any, label: str) -> Any:
    if value is UNSET or (isinstance(value, str) and value.strip() == "unset"):
        return UNSET
    if not isinstance(value, str):
        return check_setting(name, value, label)
    if not value.strip():
        raise InvalidRequest(f"{label}: a value is empty")
    is_text = SCALARS[name].kind == "strings"
    return read_setting(name, value if is_text else value.strip(), label)


def vary_axis(name: str, values: Any, label: str) -> Axis:
    """Return the axis of a variable of the templates.

    Args:
        name: The variable.
        values: A dict, whose keys title its values, or a list, whose items title themselves.
        label: What an error calls the option.

    Raises:
        InvalidRequest: The name is not an identifier, or `values` are empty, repeated or of another
            type.
    """
    if not name.isidentifier():
        raise InvalidRequest(f"{label}: {name or '…'} is not a variable name")
    if name in _NOT_VARIED:
        raise InvalidRequest(f"{label}: {name} is {_NOT_VARIED[name]}")
    if isinstance(values, Mapping):
        items, titles = tuple(values.values()), [title_of(key) for key in values]
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        items, titles = tuple(values), [short_title(str(value)) for value in values]
    else:
        kind = type(values).__name__
        raise InvalidRequest(f"{label}: expected a list or a dict, got {kind}")
    if not items:
        raise InvalidRequest(f"{label}: the collection is empty")
    if not isinstance(values, Mapping):
        _check_values([str(value) for value in values], label)
    return Axis(name=name, kind="variable", titles=unique_titles(titles), values=items)


def row_axis(
    name: str, labels: Sequence[Any], rows: Sequence[Mapping[Any, Any]], data: Any = None
) -> Axis:
    """Return the axis of some rows.

    Args:
        name: That of their index; one that means something else in a grid becomes `row`.
        labels: What the index calls each row.
        rows: Each as a mapping from the columns to its values.
        data: The table that they are of.
    """
    titles = unique_titles([short_title(title_of(label)) for label in labels])
    return Axis(
        name=ROW if name in {*_NAMES_OF_OTHERS, *PARAMETERS} else name,
        kind="row",
        titles=titles,
        values=tuple(rows),
        labels=tuple(
            label if isinstance(label, int | float) else title
            for label, title in zip(labels, titles, strict=True)
        ),
        data=data,
    )


def columns_of(axes: Sequence[Axis]) -> tuple[Any, ...]:
    """Return the columns of the rows among some axes, in the order in which they come up."""
    rows = next((axis.values for axis in axes if axis.kind == "row"), ())
    return tuple(dict.fromkeys(column for row in rows for column in row))


_NAMES_OF_OTHERS = ("model", "prompt", "run", "choice")


def prompt_axis(names: Sequence[str], prompts: Sequence[Any], label: str) -> Axis:
    """Return the axis of some prompts; None among them stands for the messages of the cell.

    Raises:
        InvalidRequest: There is none, or a name is empty or given twice.
    """
    _check_values(names, label)
    return Axis(name="prompt", kind="prompt", titles=tuple(names), values=tuple(prompts))


def title_of(value: Any) -> str:
    """Return what a value of a parameter is called."""
    if value is UNSET:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(title_of, value))
    text = value if isinstance(value, str) else str(value)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def short_title(text: str) -> str:
    """Return a text on one line, cut to the length of a title."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1] + "…"


def unique_titles(titles: Sequence[str]) -> tuple[str, ...]:
    """Number the titles that equal an earlier one."""
    counts: dict[str, int] = {}
    for title in titles:
        number, unique = counts.get(title, 1), title
        while unique in counts:
            number += 1
            unique = f"{title} ({number})"
        counts[title] = number
        counts[unique] = 1
    return tuple(counts)


def _check_values(titles: Sequence[str], label: str, advice: str = "") -> None:
    if not titles:
        raise InvalidRequest(f"{label}: no value is given")
    seen: set[str] = set()
    for title in titles:
        if not title.strip():
            raise InvalidRequest(f"{label}: a value is empty")
        if title in seen:
            raise InvalidRequest(f"{label}: {short_title(title)} is given twice{advice}")
        seen.add(title)


def check_axes(axes: Sequence[Axis]) -> None:
    """Check axes against each other.

    Raises:
        InvalidRequest: Two are the same, or there are too many runs.
    """
    names = [axis.name for axis in axes]
    for place, name in enumerate(names):
        if name in names[:place]:
            what = "models are" if name == "model" else f"{name} is"
            raise InvalidRequest(f"{what} given twice as an axis of the grid")
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_RUNS:
        sizes = " x ".join(f"{len(axis.values)}" for axis in axes)
        product_of = f" ({sizes})" if len(axes) > 1 else ""
        advice = _MANY_ROWS if any(axis.kind == "row" for axis in axes) else ""
        raise InvalidRequest(
            f"the grid has {count:,} requests{product_of}: at most {MOST_RUNS:,}{advice}"
        )
