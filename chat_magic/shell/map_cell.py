"""A cell with `--as-frame`: its prompt for each row of the data, and the table of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.cell import read_first_line
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest
from chat_magic.shell.option_values import (
    read_cache_mode,
    read_label_set,
    read_map_concurrency,
    read_max_cost,
    read_name,
    read_retries,
    read_schema,
    read_timeout,
    read_tools,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.cell.line import MagicLine
    from chat_magic.engine.map.map_call import MapCall

__all__ = ["MapCell", "read_map_cell"]

_TAKEN = {
    "as-frame", "over", "rows", "resume", "schema", "labels", "labels-at", "tools", "max-cost",
    "concurrency", "out", "background", "timeout", "retries", "cache", "no-cache", "refresh-cache",
    "offline", "cassette", "no-history",
}  # fmt: skip
"""The magic's own options that such a cell has a use for."""


@dataclass(frozen=True, kw_only=True)
class MapCell:
    """A cell whose map is ready to be run."""

    call: MapCall
    model: str
    """As it is written; empty where it is the configured one."""
    out: str | None
    """The name that the table is assigned to."""
    is_silent: bool
    is_background: bool


def read_map_cell(text: str, namespace: Mapping[str, Any]) -> MapCell | None:
    """Read a cell with `--as-frame`; None if it is any other.

    Args:
        text: The `%%chat` cell.
        namespace: The variables of the notebook.

    Raises:
        InvalidRequest: An option is not valid, or of no use here.
    """
    line = read_first_line(text, MAGIC_OPTIONS)
    options = {given.option.name: given.value for given in line.options}
    if "as-frame" not in options and "resume" not in options:
        return None
    _check(text, line, options)
    data = _data(options.get("over") or "", namespace)
    is_background = "background" in options
    return MapCell(
        call=_open(text, options, data, namespace, has_bar=not is_background),
        model=options.get("model") or next((word.text for word in line.words), ""),
        out=read_name(options.get("out")),
        is_silent=line.is_silent,
        is_background=is_background,
    )


def _check(text: str, line: MagicLine, options: Mapping[str, str | None]) -> None:
    """Refuse options that belong to an answer that is drawn."""
    if "as-frame" not in options:
        raise InvalidRequest("--resume requires --over and --as-frame", line=1)
    if not text.startswith("%%"):
        raise InvalidRequest("--as-frame belongs to a %%chat cell", line=1)
    if "over" not in options:
        raise InvalidRequest("--as-frame requires --over NAME, the data", line=1)
    own = {option.name for option in MAGIC_OPTIONS}
    for given in line.options:
        name = given.option.name
        if name in own and name not in _TAKEN:
            raise InvalidRequest(
                f"--as-frame and --{name} exclude each other", line=1, column=given.start + 1
            )


def _data(name: str, namespace: Mapping[str, Any]) -> Any:
    if name not in namespace:
        near = nearest(name, [other for other in namespace if not other.startswith("_")])
        raise InvalidRequest(f"--over {name}: there is no such name in the notebook{near}", line=1)
    return namespace[name]


def _open(
    text: str,
    options: Mapping[str, str | None],
    data: Any,
    namespace: Mapping[str, Any],
    *,
    has_bar: bool,
) -> MapCall:
    from chat_magic.engine.chat_map import open_map
    from chat_magic.engine.execution_record import HistoryOptions
    from chat_magic.engine.map.row_requests import CellText
    from chat_magic.engine.replay import CacheOptions

    labels = read_label_set(options, ())
    functions = read_tools(options.get("tools"), namespace)
    return open_map(
        data,
        CellText(text=text, options=MAGIC_OPTIONS),
        schema=read_schema(options.get("schema"), namespace),
        labels=None if labels is None else labels.labels,
        labels_at=None if labels is None else labels.at,
        variables=namespace,
        concurrency=read_map_concurrency(options.get("concurrency")),
        max_cost=read_max_cost(options.get("max-cost")),
        rows=options.get("rows"),
        resume=options.get("resume"),
        progress=has_bar,
        timeout_s=read_timeout(options.get("timeout")),
        retries=read_retries(options.get("retries")),
        cache=CacheOptions(mode=read_cache_mode(options), cassette=options.get("cassette")),
        history=HistoryOptions(keep=False if "no-history" in options else None),
        parameters={"tools": functions} if functions else {},
    )
