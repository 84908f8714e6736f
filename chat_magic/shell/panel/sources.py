"""What a panel can be filled from: results, jobs and cells of the notebook."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.form import CellForm, form_of, read_form
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.jobs import Job
from chat_magic.shell.panel.describe import describe_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Source", "chat_cells", "form_from", "notebook_sources"]

Source = ChatResult | ChatResults | Job | str

_CHAT_CELL = re.compile(r"\s*%%chat(?=\s|\Z)")
_MAX_CELLS = 8
"""Earlier cells that are offered."""
_MAX_RUNS = 20
"""Runs of one grid that are offered."""
_TITLE_LENGTH = 60


def form_from(source: Source | None) -> CellForm:
    """Return the form of a source: of a grid, that of its first run; an empty one without a source.

    A job that is still running is waited for.

    Raises:
        InvalidRequest: The source is neither a result nor a cell, or has no request.
    """
    if source is None:
        return CellForm()
    if isinstance(source, str):
        return read_form(source.lstrip(), MAGIC_OPTIONS)
    result = _result_of_job(source) if isinstance(source, Job) else source
    if isinstance(result, ChatResults):
        if len(result) == 0:
            raise InvalidRequest("Panel: the results are empty")
        result = result[0]
    if not isinstance(result, ChatResult):
        raise InvalidRequest(
            f"Panel: expected a result or the text of a %%chat cell, got {type(source).__name__}"
        )
    return form_of(result.request)


def _result_of_job(job: Job) -> Any:
    job.join()
    if job.result is None:
        raise InvalidRequest(f"Panel: job {job.number} has no result ({job.state})")
    return job.result


def notebook_sources(
    namespace: Mapping[str, Any], history: Sequence[str]
) -> list[tuple[str, Source]]:
    """Return titles and sources: the results by name, then the last cells, the newest first.

    Args:
        namespace: The notebook's variables; names that begin with `_` are left out.
        history: The cells that were run, as typed; the index is the number of `In[…]`.
    """
    variables = [item for item in dict(namespace).items() if not item[0].startswith("_")]
    results = [source for name, value in variables for source in _result_sources(name, value)]
    cells = ((f"In [{number}] {cell}", cell) for number, cell in _numbered_chat_cells(history))
    return [(_shorten(title), source) for title, source in (*results, *islice(cells, _MAX_CELLS))]


def chat_cells(history: Sequence[str]) -> Iterator[str]:
    """Return the `%%chat` cells among the cells that were run, the newest first."""
    return (cell for _, cell in _numbered_chat_cells(history))


def _numbered_chat_cells(history: Sequence[str]) -> Iterator[tuple[int, str]]:
    is_offered = set()
    for number in range(len(history) - 1, -1, -1):
        cell = history[number].strip()
        if _CHAT_CELL.match(cell) and cell not in is_offered:
            is_offered.add(cell)
            yield number, cell


def _result_sources(name: str, value: Any) -> Iterator[tuple[str, Source]]:
    """Return the requests behind a variable; a job that is running would block the kernel."""
    if isinstance(value, Job):
        value = value.result
    if isinstance(value, ChatResult):
        yield f"result {name}", value
    elif isinstance(value, ChatResults):
        for run, (result, coordinates) in enumerate(
            zip(value.results[:_MAX_RUNS], value.coordinates, strict=False)
        ):
            settings = [f"{axis} {text}" for axis, text in describe_settings(coordinates).items()]
            yield " · ".join([f"result {name}[{run}]", *settings]), result


def _shorten(title: str) -> str:
    words = " ".join(title.split())
    return words if len(words) <= _TITLE_LENGTH else f"{words[: _TITLE_LENGTH - 1]}…"
