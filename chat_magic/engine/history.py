"""The functions of the history: `history`, `usage`, `load`, `star`, `unstar` and `forget`."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.tokens import well_formed
from chat_magic.engine.answer_task import with_schema_warnings
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.history_number import HistoryNumber

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.core.reply.history_row import HistoryRow
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.execution import StoredExecution
    from chat_magic.store.history_store import HistoryStore

__all__ = [
    "forget",
    "forget_unowned",
    "forgotten_by",
    "history",
    "history_rows",
    "is_scrubbed",
    "load",
    "load_execution",
]
__all__ += ["star", "unstar", "usage", "versions_of", "versions_of_cell"]


def history(query: str = "", *, limit: int = 50) -> pd.DataFrame:
    """Return the newest executions, a row each: cells, calls, grids and maps.

    Args:
        query: Words and "phrases" that must be in the prompt or the answer (`word*` is a prefix),
            and filters: `model:GLOB`, `since:2h|3d|2026-11-01`, `until:`, `status:`, `kind:`,
            `thread:NAME`, `notebook:GLOB|this`, `is:starred`, `is:replayed`, `cost>0.01`,
            `tokens>1000`.
        limit: How many rows at most.

    Returns:
        The table `HISTORY` of `docs/tables.md`, the newest first; the index is the number that
        `load` takes.

    Raises:
        InvalidRequest: A filter or the limit is not valid.
        ChatError: The history cannot be read.

    Example:
        >>> chat_magic.history('cats "nine lives" model:openai/* since:2d')
        >>> chat_magic.load(1042).text
    """
    from chat_magic.analysis.history_table import history_table

    return history_table(history_rows(query, limit=limit))


def history_rows(query: str = "", *, limit: int = 50) -> list[HistoryRow]:
    """Return the rows of `history` as values."""
    if type(limit) is not int or limit < 1:
        raise InvalidRequest(f"limit {limit}: must be a whole number, at least 1")
    return _store().search(_text("query", query), limit=limit, notebook=_notebook())


def usage(query: str = "", *, by: str | Sequence[str] = ("model", "day")) -> pd.DataFrame:
    """Add up requests, tokens and cost of the history.

    Args:
        query: Which executions, as for `history`.
        by: What is added up separately: one or several of model, day (in UTC), notebook, thread.

    Returns:
        The table `USAGE` of `docs/tables.md`. Recorded answers count as requests, without tokens
        or cost. A grid that still runs, or was stopped with its kernel, names its models together.

    Raises:
        InvalidRequest: The query or a group is not valid.
        ChatError: The history cannot be read.

    Example:
        >>> chat_magic.usage("since:7d", by="model")
    """
    from chat_magic.analysis.history_table import usage_table
    from chat_magic.store.history_rows import USAGE_GROUPS

    groups = tuple(by) if isinstance(by, Iterable) and not isinstance(by, str) else (by,)
    is_known = groups and all(group in USAGE_GROUPS for group in groups)
    if not is_known or len(set(groups)) < len(groups):
        raise InvalidRequest(
            f"by {by!r}: must be one or several of {', '.join(USAGE_GROUPS)}, each once"
        )
    return usage_table(_store().usage(_text("query", query), groups, notebook=_notebook()), groups)


def load(id: int) -> ChatResult | ChatResults:  # noqa: A002 - the name in the table
    """Return a result of the history.

    Args:
        id: Its number; -1 is the latest, -2 the one before it.

    Returns:
        The result as it was; of a request that is running or was stopped, what had arrived; of a
        map a result without runs, whose `.resume` is its resume file.

    Raises:
        InvalidRequest: There is no such result.
        ChatError: The history cannot be read.
    """
    return result_of(load_execution(id))


def versions_of(number: int) -> list[HistoryRow]:
    """Return the executions of the cell of an execution, the newest first; empty without a cell.

    Raises what `load` raises.
    """
    return _store().versions(_checked(number))


def versions_of_cell(cell_id: str) -> list[HistoryRow]:
    """Return the executions of a cell of this notebook, the newest first.

    Raises:
        ChatError: The history cannot be read.
    """
    return _store().versions_of_cell(cell_id, _notebook())


def load_execution(number: int) -> StoredExecution:
    """Return what is kept of an execution; the argument and the errors are those of `load`."""
    return _store().load(_checked(number))


def result_of(execution: StoredExecution) -> ChatResult | ChatResults:
    """Return the result of what is kept of an execution.

    Raises:
        InvalidRequest: Nothing had arrived.
    """
    from chat_magic.engine.execution_rows import stored_result

    if execution.row.kind == "map":
        return ChatResults((), resume=execution.resume, _history=HistoryNumber(execution.row.id))
    result, row = stored_result(execution), execution.row
    if result is None:
        why = f": {row.error}" if row.error else ""
        raise InvalidRequest(f"#{row.id} has no answer, it is {row.status}{why}")
    number = HistoryNumber(row.id)
    if isinstance(result, ChatResults):
        runs = (replace(with_schema_warnings(run), _history=number) for run in result.results)
        return replace(result, results=tuple(runs), _history=number)
    return replace(with_schema_warnings(result), _history=number)


def star(id: int, note: str = "") -> None:  # noqa: A002
    """Mark an execution, so that it is found by `is:starred` and never dropped for its age.

    Args:
        id: Its number, as for `load`.
        note: A remark, which replaces the one before.

    Raises:
        InvalidRequest: There is no such execution.
        ChatError: The history cannot be written.
    """
    _store().star(_checked(id), _text("note", note))


def unstar(id: int) -> None:  # noqa: A002
    """Take back the mark and the note of an execution; the argument and errors are of `star`."""
    _store().unstar(_checked(id))


def forget(ids_or_query: int | Iterable[int] | str) -> int:
    """Delete executions, and overwrite what they leave in the file.

    Nothing finds them any more. Overwriting a large history takes some seconds, in the background;
    it continues when the history is next used, should this process end before. Saved outputs of
    notebooks, cassettes and backups are other copies, which stay.

    Args:
        ids_or_query: A number, several, or a query as for `history`; the empty query is refused.

    Returns:
        How many there were.

    Raises:
        InvalidRequest: A number or the query is not valid.
        ChatError: The history cannot be written.
    """
    return _store().forget(forgotten_by(ids_or_query))


def forget_unowned() -> None:
    """Delete the cached answers of calls that the history does not keep; raises as `forget`."""
    _store().forget_unowned()


def is_scrubbed() -> bool:
    """Whether all that was forgotten is overwritten in the file by now."""
    return _store().is_scrubbed


def forgotten_by(ids_or_query: int | Iterable[int] | str) -> list[int]:
    """Return the numbers that `forget` would delete."""
    if isinstance(ids_or_query, str):
        if not ids_or_query.strip():
            raise InvalidRequest("forget: the query is empty, which would be everything")
        return _store().matching(well_formed(ids_or_query), notebook=_notebook())
    if isinstance(ids_or_query, Iterable) and not isinstance(ids_or_query, bytes):
        numbers = [_checked(number) for number in ids_or_query]
    else:
        numbers = [_checked(ids_or_query)]
    store = _store()
    return [store.load(number).row.id for number in numbers]


def _checked(number: Any) -> int:
    """Return a number, such as one of the table's index, as an int."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise InvalidRequest(f"id {number!r}: must be a whole number")
    return operator.index(number)


def _text(name: str, value: object) -> str:
    """Return an argument that is text, as a file can hold it."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} {value!r}: must be text")
    return well_formed(value)


def _store() -> HistoryStore:
    return default_session().history.store()


def _notebook() -> str | None:
    return default_session().history.locate().notebook
