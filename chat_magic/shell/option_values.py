"""The help with every option and its range, and the values of the magic's own options."""

from __future__ import annotations

import re
import textwrap
from keyword import iskeyword
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final

from chat_magic.core.cell.grid import columns_of
from chat_magic.core.cell.options import (
    DEFAULT_CONCURRENCY,
    DEFAULT_MAP_CONCURRENCY,
    MAGIC_OPTIONS,
    MAX_CONCURRENCY,
    MAX_MAP_CONCURRENCY,
    REQUEST_OPTIONS,
    Option,
)
from chat_magic.core.nearest import nearest
from chat_magic.core.request.label_set import read_labels
from chat_magic.core.request.scoring import read_candidates
from chat_magic.core.schema.short_schema import TYPES
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.cell.row_values import RowSample
    from chat_magic.core.request.label_set import At, LabelSet
    from chat_magic.engine.replay import CacheMode

_INTRODUCTION = """\
Send a prompt to a model and stream its answer into the cell.

    %%chat [MODEL] [options]
    system: You are a name generator.
    user: Generate {{ count }} names

    %chat [options] prompt

MODEL is vendor/model, such as openai/gpt-4o, or local: a small model that runs on this machine.

The body is a block of messages. A line that begins with system:, developer:, user:, assistant: or
tool(CALL_ID): starts a message; a body without such a line is one user message; a backslash before
such a line makes it text. If the last message is assistant:, the answer continues it. A block
between --- lines at the top sets any request field as YAML; its field per_model holds parameters
for single models, where the value unset removes one. The body can also be a JSON request, or a JSON
list of messages. {{ expression }} inserts a value from the notebook.

A semicolon at the end of the %%chat line suppresses the output.
"""


def help_text() -> str:
    """Return the help of `%%chat`, generated from the tables of options."""
    sections = (("The request", REQUEST_OPTIONS), ("The magic", MAGIC_OPTIONS))
    blocks = ["\n".join([f"{title}:", *_option_lines(options)]) for title, options in sections]
    return "\n".join([_INTRODUCTION, "\n\n".join(blocks), ""])


def _option_lines(options: tuple[Option, ...]) -> Iterator[str]:
    for option in options:
        if option.negates:
            continue
        names = ", ".join(filter(None, [option.short, f"--{option.name}"]))
        if any(other.negates == option.name.replace("-", "_") for other in options):
            names += f", --no-{option.name}"
        head = f"  {names}  [{option.value}]" if option.value else f"  {names}"
        yield head
        yield textwrap.fill(option.help, 96, initial_indent="      ", subsequent_indent="      ")


def read_concurrency(value: str | None, *, is_grid: bool) -> int:
    """Read `--concurrency`: how many requests of a grid run at a time."""
    allowed = f"1 to {MAX_CONCURRENCY}"
    if value is None:
        return DEFAULT_CONCURRENCY
    if not is_grid:
        grids = "--over, --prompts, --models, --sweep or --vary"
        raise InvalidRequest(f"--concurrency requires {grids}", line=1)
    count = _read_count("--concurrency", value, allowed)
    if count is None or not 1 <= count <= MAX_CONCURRENCY:
        raise InvalidRequest(f"--concurrency {value}: must be {allowed}", line=1)
    return count


def read_map_concurrency(value: str | None) -> int:
    """Read `--concurrency` of a map: how many requests run at a time; the engine checks it."""
    count = _read_count("--concurrency", value, f"1 to {MAX_MAP_CONCURRENCY:,}")
    return DEFAULT_MAP_CONCURRENCY if count is None else count


def read_rows(name: str, namespace: Mapping[str, Any], sample: RowSample | None) -> Axis:
    """Read `--over NAME`: the data of this name in the notebook, as rows.

    Raises:
        InvalidRequest: There is no such name, or it is not data.
    """
    from chat_magic.analysis.row_data import over_axis

    if name not in namespace:
        near = nearest(name, [other for other in namespace if not other.startswith("_")])
        raise InvalidRequest(f"--over {name}: there is no such name in the notebook{near}")
    return over_axis(namespace[name], f"--over {name}", sample)


def read_label_set(options: Mapping[str, str | None], axes: Sequence[Axis]) -> LabelSet | None:
    """Read `--labels` and `--labels-at`; None without labels.

    Args:
        options: The magic's own options.
        axes: Those of the cell, among them its rows.

    Raises:
        InvalidRequest: They are not labels, the place is not one, or a column of the rows is named.
    """
    words, place = options.get("labels"), options.get("labels-at")
    labels = None if words is None else [word.strip() for word in words.split(",")]
    try:
        return read_labels(labels, _read_place(place), columns_of(axes))
    except InvalidRequest as error:
        raise InvalidRequest(f"--{error.message.replace('labels_at', 'labels-at')}") from error


def _read_place(word: str | None) -> At | None:
    """Read the place of a label: `first`, a JSON Pointer, or else a regular expression."""
    if word is None or word == "first" or word.startswith("/"):
        return word
    try:
        return re.compile(word)
    except re.error as error:
        raise InvalidRequest(f"labels_at {word}: is not a regular expression ({error})") from None


def read_timeout(value: str | None) -> float | None:
    """Read `--timeout`: a number of seconds; the engine checks its range."""
    try:
        return None if value is None else float(value)
    except ValueError:
        raise InvalidRequest(f"--timeout {value}: must be a number of seconds", line=1) from None


def read_max_cost(value: str | None) -> float | None:
    """Read `--max-cost`: a number of dollars; the engine checks its range."""
    try:
        return None if value is None else float(value.removeprefix("$"))
    except ValueError:
        raise InvalidRequest(f"--max-cost {value}: must be a number of dollars", line=1) from None


_CACHE_MODES: Final[Mapping[str, CacheMode]] = {
    "cache": "on",
    "no-cache": "off",
    "refresh-cache": "refresh",
    "offline": "offline",
}


def read_cache_mode(options: Mapping[str, str | None]) -> CacheMode | None:
    """Read `--cache`, `--no-cache`, `--refresh-cache` and `--offline`; None without any."""
    given = [name for name in _CACHE_MODES if name in options]
    if len(given) > 1:
        raise InvalidRequest(f"--{given[0]} and --{given[1]} exclude each other", line=1)
    if given == ["no-cache"] and "cassette" in options:
        raise InvalidRequest("--no-cache and --cassette exclude each other", line=1)
    return _CACHE_MODES[given[0]] if given else None


def read_retries(value: str | None) -> int | None:
    """Read `--retries`: a whole number; the engine checks its range."""
    return _read_count("--retries", value, "0 to 10")


def read_name(value: str | None) -> str | None:
    """Read `--out`: a Python name."""
    if value is not None and (not value.isidentifier() or iskeyword(value)):
        raise InvalidRequest(f"--out {value}: must be a Python name", line=1)
    return value


def read_after(value: str, namespace: Mapping[str, Any]) -> tuple[Any, int | None]:
    """Read `--after NAME[:CHOICE]`: the value of a name, and the index of a choice, if given."""
    name, colon, choice = value.partition(":")
    if name not in namespace:
        near = nearest(name, [other for other in namespace if not other.startswith("_")])
        raise InvalidRequest(f"--after {name}: there is no such name in the notebook{near}", line=1)
    if colon and not choice.isdecimal():
        raise InvalidRequest(f"--after {value}: the choice must be a whole number", line=1)
    return namespace[name], int(choice) if colon else None


def check_after(word: str, after: Any, choice: int | None) -> Any:
    """Return the result that `--after` names, if it has the choice; an error names both.

    Anything else that is not one result is refused when the request is prepared.
    """
    from chat_magic.results.chat_result import ChatResult

    name = word.partition(":")[0]
    if not isinstance(after, ChatResult) or choice is None:
        return after
    indices = [one.index for one in after.choices]
    if choice not in indices:
        has = f"has the choices {', '.join(map(str, indices))}" if indices else "has no choices"
        raise InvalidRequest(f"--after {word}: {name} {has}", line=1)
    return after


def read_schema(value: str | None, namespace: Mapping[str, Any]) -> Any:
    """Read `--schema`: a name becomes its value in the notebook, all else stays as written."""
    if value is None:
        return None
    word = value.strip()
    if word.startswith("list[") and word.endswith("]"):
        return GenericAlias(list, (read_schema(word[5:-1], namespace),))
    if word in namespace:
        return namespace[word]
    if word.isidentifier() and word not in TYPES:
        near = nearest(word, [name for name in namespace if not name.startswith("_")])
        raise InvalidRequest(f"--schema {word}: there is no such name in the notebook{near}")
    return word


def read_score(value: str, namespace: Mapping[str, Any]) -> tuple[str, ...]:
    """Read `--score`: a list of the notebook by its name, or texts with `|` between them."""
    if "|" in value:
        return read_candidates(value.split("|"), "--score")
    if value in namespace:
        return read_candidates(namespace[value], f"--score {value}")
    if value.isidentifier():
        lists = [name for name, texts in namespace.items() if isinstance(texts, list | tuple)]
        near = nearest(value, [name for name in lists if not name.startswith("_")])
        raise InvalidRequest(
            f"--score {value}: there is no such list in the notebook{near}; texts are written with "
            "| between them"
        )
    return read_candidates([value], "--score")


def read_tools(value: str | None, namespace: Mapping[str, Any]) -> list[Any]:
    """Read `--tools`: functions of the notebook by their names."""
    names = [] if value is None else [name.strip() for name in value.split(",")]
    for name in names:
        if not _is_function(namespace.get(name)):
            near = nearest(name, [other for other in namespace if _is_function(namespace[other])])
            what = "that is not a function" if name in namespace else "there is no such function"
            raise InvalidRequest(f"--tools {name}: {what} in the notebook{near}", line=1)
    return [namespace[name] for name in names]


def _is_function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type) and hasattr(value, "__name__")


def read_rounds(value: str | None) -> int | None:
    """Read `--max-tool-rounds`: a whole number; its range is checked with the tools."""
    return _read_count("--max-tool-rounds", value, "0 to 100")


def _read_count(option: str, value: str | None, allowed: str) -> int | None:
    try:
        return None if value is None else int(value)
    except ValueError:
        raise InvalidRequest(f"{option} {value}: must be {allowed}", line=1) from None
