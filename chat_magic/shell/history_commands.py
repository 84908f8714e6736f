"""The commands that look things up in the history, such as `/history`, `/show` and `/rerun`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.cell import write
from chat_magic.core.request.request import read_sent
from chat_magic.core.request.settings import SCALARS
from chat_magic.core.unset import UNSET
from chat_magic.engine import history
from chat_magic.engine.grid_plan import GridPlan
from chat_magic.engine.prepare import PreparedCall, prepare_call, request_limits
from chat_magic.engine.replay import open_recordings
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.compare import compare
from chat_magic.results.prompt import load_prompt
from chat_magic.shell.cell_runner import CellPlan
from chat_magic.view.history_view import HistoryView

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.core.reply.history_row import HistoryRow
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.execution import RunRequest, StoredExecution
    from chat_magic.view.result_diff import ResultDiff

__all__ = [
    "cell_of",
    "diff",
    "forget",
    "latest_rows",
    "rerun",
    "show",
    "show_history",
    "show_usage",
    "show_versions",
    "star",
    "unstar",
]

_NUMBER = re.compile(r"#(\d{1,18})")
_COPIES = "Saved outputs of notebooks, cassettes and backups are other copies."
_OVERWRITING = "What that leaves in the file is being overwritten, in the background."
_MOST_OFFERED = 20


def show_history(query: str) -> HistoryView:
    """Return the table of `/history [QUERY]`."""
    _refuse_bare_number("/history", query)
    now = datetime.now(UTC).astimezone()
    return HistoryView(history.history_rows(query), query, now)


def show(arguments: str) -> ChatResult | ChatResults:
    """Return the result of `/show #N`."""
    return history.load(_only_number("/show", arguments))


def cell_of(arguments: str) -> str:
    """Return the text of the cell of `/cell #N`, or one that asks the same, or of `/cell FILE`."""
    if arguments and not arguments.startswith("#"):
        return _cell_of_file(arguments)
    execution = history.load_execution(_only_number("/cell", arguments))
    return execution.source or write(_request_of(execution.runs[0]))


def _cell_of_file(path: str) -> str:
    _refuse_bare_number("/cell", path)
    try:
        return load_prompt(path).text
    except InvalidRequest as error:
        raise InvalidRequest(
            f"/cell {path}: expected a number such as #12, or the file of a prompt: {error}", line=1
        ) from error


def rerun(arguments: str) -> CellPlan:
    """Return the plan that sends the requests of `/rerun #N` again, as they were."""
    execution = history.load_execution(_only_number("/rerun", arguments))
    result = None if execution.result is None else history.result_of(execution)
    schema = _first(result).schema if result else None
    calls = tuple(replace(_prepare(run), schema=schema) for run in execution.runs)
    if any(call.request.search is not None for call in calls):
        raise InvalidRequest(
            f"/rerun #{execution.row.id}: it is a search for answers: call chat_magic.distribution",
            line=1,
        )
    plan = GridPlan(calls=calls)
    if execution.row.kind == "grid":
        plan = _grid_plan(execution, result, calls)
    return CellPlan(calls=plan, out=None, is_silent=False, is_background=False, is_dry_run=False)


def show_versions(arguments: str, last_result: object) -> HistoryView:
    """Return the table of `/versions [#N]`; without it, of the cell of the last result."""
    last = getattr(last_result, "history_id", None)
    number = -1 if last is None else last
    if arguments:
        number = _only_number("/versions", arguments)
    now = datetime.now(UTC).astimezone()
    return HistoryView(history.versions_of(number), "", now, are_versions=True)


def diff(arguments: str) -> ResultDiff:
    """Return what changed between the results of `/diff #N #M`."""
    words = arguments.split()
    if len(words) != 2:
        raise InvalidRequest("write %chat /diff #N #M; %chat /versions lists numbers", line=1)
    before, after = (history.load(_read_number("/diff", word)) for word in words)
    return compare(before, after, prompts=True)


def show_usage(query: str) -> pd.DataFrame:
    """Return the table of `/usage [QUERY]`."""
    _refuse_bare_number("/usage", query)
    return history.usage(query)


def star(arguments: str) -> None:
    """Run `/star #N [NOTE]`."""
    word, _, note = arguments.partition(" ")
    if not word:
        raise InvalidRequest("write %chat /star #N [NOTE]; %chat /history lists numbers", line=1)
    number = _read_number("/star", word)
    history.star(number, note.strip())
    print(f"#{number} is starred: %chat /history is:starred lists all.")


def unstar(arguments: str) -> None:
    """Run `/unstar #N`."""
    number = _only_number("/unstar", arguments)
    history.unstar(number)
    print(f"#{number} is not starred any more.")


def forget(arguments: str) -> None:
    """Run `/forget #N…|QUERY|all`; `all` keeps what is starred without `--starred`."""
    numbers = _forgotten(arguments)
    if arguments.split()[:1] == ["all"]:
        history.forget_unowned()
    count = history.forget(numbers) if numbers else 0
    told = [f"{count} execution{'s'[: count != 1]} forgotten."]
    if not history.is_scrubbed():
        told.append(_OVERWRITING)
    if count:
        told.append(_COPIES)
    print(" ".join(told))


def latest_rows() -> list[HistoryRow]:
    """Return the rows whose numbers are offered as completions."""
    return history.history_rows(limit=_MOST_OFFERED)


def _forgotten(arguments: str) -> list[int]:
    """Return the numbers that a `/forget` names."""
    words = arguments.split()
    if not words:
        raise InvalidRequest("write %chat /forget #N, a query as for /history, or all", line=1)
    if words in (["all"], ["all", "--starred"]):
        everything = history.forgotten_by("since:1970-01-01")
        starred = [] if len(words) > 1 else history.forgotten_by("is:starred")
        return [number for number in everything if number not in set(starred)]
    if all(map(_NUMBER.fullmatch, words)):
        return history.forgotten_by([_read_number("/forget", word) for word in words])
    _refuse_bare_number("/forget", arguments)
    return history.forgotten_by(arguments)


def _only_number(command: str, arguments: str) -> int:
    """Read the number that is the only argument of a command."""
    words = arguments.split()
    if len(words) != 1:
        raise InvalidRequest(f"write %chat {command} #N; %chat /history lists numbers", line=1)
    return _read_number(command, words[0])


def _read_number(command: str, word: str) -> int:
    _refuse_bare_number(command, word)
    match = _NUMBER.fullmatch(word)
    if match is None:
        raise InvalidRequest(f"{command} {word}: expected a number such as #12", line=1)
    return int(match[1])


def _refuse_bare_number(command: str, arguments: str) -> None:
    """Refuse a number without `#`, which may be meant as that of an `In[…]`."""
    for word in arguments.split():
        if word.isdecimal():
            raise InvalidRequest(
                f"{command} {word}: write #{word} for a number of the history, "
                f'"{word}" for the text',
                line=1,
            )


def _request_of(run: RunRequest) -> ChatRequest:
    return replace(read_sent(json.loads(run.request)), model=run.model)


def _prepare(run: RunRequest) -> PreparedCall:
    """Prepare a request as it was: the defaults that now apply are left out."""
    session, request = default_session(), _request_of(run)
    unset: dict[str, Any] = dict.fromkeys(SCALARS, UNSET)
    if request.is_streamed:
        del unset["stream"]
    request = replace(request, parameters={**unset, **request.parameters})
    recordings = open_recordings(session)
    if recordings is not None and recordings.mode == "on":
        recordings.mode = "refresh"
    return prepare_call(session, request, limits=request_limits(session), recordings=recordings)


def _grid_plan(
    execution: StoredExecution,
    result: ChatResult | ChatResults | None,
    calls: tuple[PreparedCall, ...],
) -> GridPlan:
    if not isinstance(result, ChatResults) or not result.axes:
        raise InvalidRequest(f"/rerun #{execution.row.id}: its axes are not known", line=1)
    return GridPlan(calls=calls, axes=result.axes, coordinates=result.coordinates)


def _first(result: ChatResult | ChatResults) -> ChatResult:
    return result.results[0] if isinstance(result, ChatResults) else result
