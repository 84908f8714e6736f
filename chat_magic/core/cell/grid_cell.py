"""Cells of grids: the axes on the line of a cell and its requests, and a grid as a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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
from chat_magic.core.cell.grid import CELL, check_axes, models_axis, sweep_axis, vary_axis
from chat_magic.core.cell.grid_requests import expand
from chat_magic.core.cell.options import GRID_OPTIONS, RAW
from chat_magic.core.cell.row_values import read_sample
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis, Variant
    from chat_magic.core.cell.line import MagicLine, ParsedOption
    from chat_magic.core.cell.options import Option
    from chat_magic.core.cell.row_values import RowSample
    from chat_magic.core.request.request import ChatRequest


@dataclass(frozen=True)
class AxisSources:
    """What reads the rows and prompts that a line names: the core reads no tables and no files."""

    rows: Callable[[str, RowSample | None], Axis]
    prompts: Callable[[str], Axis]
    fill: Callable[[Any, Mapping[str, Any], ChatRequest], ChatRequest]
    """Returns the request of a prompt: given what its templates see, and that of the cell, whose
    parameters take precedence."""


@dataclass(frozen=True)
class Grid:
    """A cell that was read, once for every combination of its axes."""

    cell: Cell
    """As it was read for the first combination."""
    axes: tuple[Axis, ...]
    variants: tuple[Variant, ...]
    """In row-major order, the last axis changing fastest; a single one without axes."""


def read_grid(
    text: str,
    variables: Mapping[str, Any],
    own_options: Sequence[Option] = (),
    sources: AxisSources | None = None,
) -> Grid:
    """Read a `%%chat` cell, or a `%chat` line, and its axes.

    Args:
        text: The cell or the line.
        variables: What its templates see, and where `--vary` finds its lists.
        own_options: Options that the line takes besides those of the request; `GRID_OPTIONS` are
            among them.
        sources: Where `--over` and `--prompts` find what they name; None refuses both.

    Raises:
        InvalidRequest: With the line in the cell, the `%%chat` line being 1.
    """
    axes = _read_axes(read_first_line(text, own_options), variables, sources)
    read = read_cell if text.startswith("%%") else read_prompt
    cells: list[Cell] = []

    def read_with(bound: Mapping[str, Any], prompt: Any) -> ChatRequest:
        cells.append(read(text, bound, own_options))
        request = cells[-1].request
        if sources is None or prompt is None:
            return request
        return sources.fill(prompt, bound, replace(request, messages=()))

    try:
        variants = expand(axes, variables, read_with)
    except InvalidRequest as error:
        if error.line is not None:
            raise
        line = 1 + line_of(error.message, text)
        raise InvalidRequest(error.message, line=line) from error.__cause__
    cell = cells[0] if cells else read_cell(text, None, own_options)
    _check_messages(cell, axes)
    return Grid(cell, axes, variants)


def _check_messages(cell: Cell, axes: Sequence[Axis]) -> None:
    """Check that the messages of a cell are sent if it has any, and only then."""
    prompts = next((axis.values for axis in axes if axis.kind == "prompt"), None)
    if prompts is None or bool(cell.request.messages) == (None in prompts):
        return
    if None in prompts:
        raise InvalidRequest(f"--prompts {CELL}: the cell has no messages", line=1)
    raise InvalidRequest(
        f"--prompts: the messages of the cell are not among the prompts: add {CELL}, or remove "
        "them",
        line=1,
    )


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
    if axis.kind not in ("model", "parameter"):
        raise InvalidRequest(
            f"the cell cannot be written: only the notebook has the values of {axis.name}"
        )
    name, value = ("models", titles) if axis.kind == "model" else ("sweep", f"{axis.name}={titles}")
    return write_options({name: value})


def _read_axes(
    line: MagicLine, variables: Mapping[str, Any], sources: AxisSources | None
) -> tuple[Axis, ...]:
    kept = tuple(option for option in line.options if option.option in (*GRID_OPTIONS, RAW))
    rendered = render_line(replace(line, options=kept, words=()), variables).options
    words = {given.option.name: given.value for given in rendered}
    axes: list[Axis] = []
    for given in rendered:
        try:
            axes += _axis_of(given, words, variables, sources)
            check_axes(axes)
            _check_line(line, axes)
        except InvalidRequest as error:
            raise InvalidRequest(error.message, line=1, column=given.start + 1) from error.__cause__
    return tuple(sorted(axes, key=lambda axis: axis.kind != "row"))


def _axis_of(
    given: ParsedOption,
    words: Mapping[str, str | None],
    variables: Mapping[str, Any],
    sources: AxisSources | None,
) -> Iterator[Axis]:
    """Yield the axis of an option, if it has one."""
    value = given.value or ""
    match given.option.name:
        case "models":
            yield models_axis(value.split(","), "--models")
        case "sweep":
            yield _read_sweep(value)
        case "vary":
            yield _read_vary(value, variables)
        case "over":
            sample = read_sample(words.get("rows"), "--rows")
            yield _known(sources, given).rows(value, sample)
        case "prompts":
            yield _known(sources, given).prompts(value)
        case "rows" if "over" not in words:
            raise InvalidRequest("--rows requires --over, the data that the rows are of")


def _known(sources: AxisSources | None, given: ParsedOption) -> AxisSources:
    if sources is None:
        raise InvalidRequest(f"--{given.option.name} {given.value}: only the notebook has it")
    return sources


def _check_line(line: MagicLine, axes: Sequence[Axis]) -> None:
    """Refuse what the line gives beside an axis of the same."""
    options = (given.option for given in line.options)
    given = {option.negates or option.name.replace("-", "_") for option in options}
    given |= {"model"} if line.words else set()
    unset = (option.value or "" for option in line.options if option.option.name == "unset")
    given |= {name.strip().replace("-", "_") for names in unset for name in names.split(",")}
    for axis in axes:
        if axis.kind in ("model", "parameter") and axis.name in given:
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
    if not values.isidentifier():
        raise InvalidRequest(
            f"--vary {word}: expected the name of a list or a dict, got {values}; "
            f"{_assignment('values', values)}, then write --vary {name}=values"
        )
    if values not in variables:
        collections = [
            other
            for other, value in variables.items()
            if isinstance(value, list | dict) and not other.startswith("_")
        ]
        near = nearest(values, collections) or f"; {_assignment(values)}"
        raise InvalidRequest(f"--vary {word}: {values} is not assigned in the notebook{near}")
    return vary_axis(name, variables[values], f"--vary {word}")


def _assignment(name: str, values: str = "a,b") -> str:
    """Say how to assign values, written as `a,b` or as a list, to a variable."""
    listed = [value.strip("'\" ") for value in values.strip("[]() ").split(",")]
    return f"assign one first, such as {name} = {listed}"
