"""Grids: one cell asked of several models, with several values, in several wordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.cell.body import line_of
from chat_magic.core.cell.cell import (
    Cell,
    read_cell,
    read_first_line,
    read_prompt,
    render_line,
    write,
    write_options,
)
from chat_magic.core.cell.options import GRID_OPTIONS, RAW
from chat_magic.core.cell.per_model import apply_per_model, check_models
from chat_magic.core.cell.template import TrackedVariables, is_sandboxed
from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.settings import SCALARS, check_setting, read_setting
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.cell.line import MagicLine
    from chat_magic.core.cell.options import Option
    from chat_magic.core.request.request import ChatRequest

MOST_RUNS = 1_000
"""Requests that one grid may have."""
_LONGEST_TITLE = 40
_COMPARE_WITH_ITSELF = (
    "; to compare a model with itself ask for several choices (-n 2, n=2) or sweep the seed "
    "(--sweep seed=1,2,3, sweep={'seed': [1, 2, 3]})"
)

Kind = Literal["model", "parameter", "variable"]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a grid: what differs between its runs."""

    name: str
    """`model`, a parameter, or a variable of the templates."""
    kind: Kind
    titles: tuple[str, ...]
    """What each value is called."""
    values: tuple[Any, ...]
    """Models as written, values of the parameter (`UNSET` among them), or of the variable."""

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """What tables hold for each value: that of a parameter, else its title."""
        return self.values if self.kind == "parameter" else self.titles


@dataclass(frozen=True)
class Variant:
    """The request of one run, and its coordinate on each axis."""

    request: ChatRequest
    coordinates: Mapping[str, Any]
    """By the name of the axis; see `Axis.coordinates`."""


@dataclass(frozen=True)
class Grid:
    """A cell that was read, once for every combination of its axes."""

    cell: Cell
    """As it was read for the first combination."""
    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    """In row-major order, the last axis changing fastest; a single one without axes."""


def read_grid(text: str, variables: Mapping[str, Any], own_options: Sequence[Option] = ()) -> Grid:
    """Read a `%%chat` cell, or a `%chat` line, and its axes.

    Args:
        text: The cell or the line.
        variables: What its templates see, and where `--vary` finds its lists.
        own_options: Options that the line takes besides those of the request; `GRID_OPTIONS` are
            among them.

    Raises:
        InvalidRequest: With the line in the cell, the `%%chat` line being 1.
    """
    axes = _read_axes(read_first_line(text, own_options), variables)
    read = read_cell if text.startswith("%%") else read_prompt
    cells: list[Cell] = []

    def read_with(bound: Mapping[str, Any]) -> ChatRequest:
        cells.append(read(text, bound, own_options))
        return cells[-1].request

    try:
        variants = expand(axes, variables, read_with)
    except InvalidRequest as error:
        if error.line is not None:
            raise
        line = 1 + line_of(error.message, text)
        raise InvalidRequest(error.message, line=line) from error.__cause__
    return Grid(cells[0], axes, variants)


def write_grid(request: ChatRequest, axes: Sequence[Axis]) -> str:
    """Write the cell of a grid of models and parameters.

    Args:
        request: The request of any run.
        axes: The axes.

    Raises:
        InvalidRequest: An axis is a variable, whose values only the notebook has, or a value
            cannot be written on the line.
    """
    names = {axis.name for axis in axes}
    given = {name: value for name, value in request.parameters.items() if name not in names}
    model = None if "model" in names else request.model
    first, _, body = write(replace(request, model=model, parameters=given)).partition("\n")
    words = [word for axis in axes for word in _axis_words(axis)]
    text = "\n".join([" ".join([first, *words]), body])
    if read_grid(text, {}, GRID_OPTIONS).axes != tuple(axes):
        raise InvalidRequest("a value of the grid cannot be written on the %%chat line")
    return text


def _axis_words(axis: Axis) -> list[str]:
    titles = ",".join(axis.titles)
    if axis.kind == "variable":
        raise InvalidRequest(
            f"the cell cannot be written: only the notebook has the values of {axis.name}"
        )
    name, value = ("models", titles) if axis.kind == "model" else ("sweep", f"{axis.name}={titles}")
    return write_options({name: value})


def _read_axes(line: MagicLine, variables: Mapping[str, Any]) -> tuple[Axis, ...]:
    kept = tuple(option for option in line.options if option.option in (*GRID_OPTIONS, RAW))
    axes: list[Axis] = []
    for given in render_line(replace(line, options=kept, words=()), variables).options:
        value = given.value or ""
        try:
            if given.option.name == "models":
                axes.append(models_axis(value.split(","), "--models"))
            elif given.option.name == "sweep":
                axes.append(_read_sweep(value))
            elif given.option.name == "vary":
                axes.append(_read_vary(value, variables))
            check_axes(axes)
            _check_line(line, axes)
        except InvalidRequest as error:
            raise InvalidRequest(error.message, line=1, column=given.start + 1) from error.__cause__
    return tuple(axes)


def _check_line(line: MagicLine, axes: Sequence[Axis]) -> None:
    """Refuse what the line gives beside an axis of the same."""
    options = (given.option for given in line.options)
    given = {option.negates or option.name.replace("-", "_") for option in options}
    given |= {"model"} if line.words else set()
    unset = (option.value or "" for option in line.options if option.option.name == "unset")
    given |= {name.strip().replace("-", "_") for names in unset for name in names.split(",")}
    for axis in axes:
        if axis.kind != "variable" and axis.name in given:
            raise InvalidRequest(f"{axis.name}: given both as a value and as an axis of the grid")


def _read_sweep(word: str) -> Axis:
    name, equals, values = word.partition("=")
    if not equals:
        raise InvalidRequest(f"--sweep {word}: write PARAM=VALUE,VALUE")
    return sweep_axis(name.strip().replace("-", "_"), values.split(","), "--sweep ")


def _read_vary(word: str, variables: Mapping[str, Any]) -> Axis:
    name, equals, values = (part.strip() for part in word.partition("="))
    if not (name and equals and values):
        raise InvalidRequest(f"--vary {word}: write VARIABLE=NAME, NAME being a list or a dict")
    if values not in variables:
        collections = [
            other
            for other, value in variables.items()
            if isinstance(value, list | dict) and not other.startswith("_")
        ]
        near = nearest(values, collections)
        raise InvalidRequest(f"--vary {word}: {values} is not assigned in the notebook{near}")
    return vary_axis(name, variables[values], f"--vary {word}")


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
    if name == "model":
        raise InvalidRequest(
            f"{label}: model is not a variable; use --models to ask several models"
        )
    if isinstance(values, Mapping):
        items, titles = tuple(values.values()), [title_of(key) for key in values]
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        items, titles = tuple(values), [_short(str(value)) for value in values]
    else:
        kind = type(values).__name__
        raise InvalidRequest(f"{label}: expected a list or a dict, got {kind}")
    if not items:
        raise InvalidRequest(f"{label}: the collection is empty")
    if not isinstance(values, Mapping):
        _check_values([str(value) for value in values], label)
    return Axis(name=name, kind="variable", titles=_unique(titles), values=items)


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


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1] + "…"


def _unique(titles: Sequence[str]) -> tuple[str, ...]:
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
            raise InvalidRequest(f"{label}: {_short(title)} is given twice{advice}")
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
        sizes = " x ".join(str(len(axis.values)) for axis in axes)
        product_of = f" ({sizes})" if len(axes) > 1 else ""
        raise InvalidRequest(f"the grid has {count:,} requests{product_of}: at most {MOST_RUNS:,}")


def expand(
    axes: Sequence[Axis],
    variables: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], ChatRequest],
) -> tuple[Variant, ...]:
    """Return the requests of all combinations, the last axis changing fastest.

    Args:
        axes: The axes; none for a single request.
        variables: What templates see besides those that vary.
        read: Makes the request, its templates seeing what it is given; called once for each
            combination of those that vary.

    Raises:
        InvalidRequest: A parameter is given beside its axis, `per_model` has a model that is not
            asked or a parameter that is an axis, or no template uses a variable.
    """
    varied = [axis for axis in axes if axis.kind == "variable"]
    asked: set[str] = set()
    read_for: dict[tuple[int, ...], ChatRequest] = {}
    for places in product(*(range(len(axis.values)) for axis in varied)):
        bound = {axis.name: axis.values[place] for axis, place in zip(varied, places, strict=True)}
        read_for[places] = read(
            TrackedVariables({**variables, **bound}, asked, is_sandboxed=is_sandboxed(variables))
            if varied
            else variables
        )
    for axis in varied:
        if axis.name not in asked:
            raise InvalidRequest(f"--vary {axis.name}: the cell does not use {{{{ {axis.name} }}}}")
    _check_request(next(iter(read_for.values())), axes)
    return tuple(
        _variant(axes, places, read_for) for places in product(*(_places(axis) for axis in axes))
    )


def _places(axis: Axis) -> range:
    return range(len(axis.values))


def _variant(
    axes: Sequence[Axis],
    places: tuple[int, ...],
    read_for: Mapping[tuple[int, ...], ChatRequest],
) -> Variant:
    pairs = list(zip(axes, places, strict=True))
    request = read_for[tuple(place for axis, place in pairs if axis.kind == "variable")]
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
