"""What the labextension asks the kernel: versions of a cell, more of a distribution or a table.

It evaluates `VersionReply(REQUEST)` as a user expression of a silent execute request, where this
module is loaded, so that a kernel without chat-magic is asked nothing that it cannot answer.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chat_magic.engine import history
from chat_magic.engine.session import default_session
from chat_magic.errors import ChatError
from chat_magic.results.compare import compared
from chat_magic.shell.drawn_rows import whole_run
from chat_magic.transport.credentials import redact
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.result_diff import ResultDiff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.reply.history_row import HistoryRow

__all__ = ["VersionReply", "saved_versions"]

MOST_BYTES = 65_536
"""Size of the versions that a notebook holds, as JSON in UTF-8."""


class VersionReply:
    """The reply to a request, which is drawn as JSON.

    Args:
        request: JSON with `ask`: `list` (with `cell`, the cell's id, and `answer`, the text of the
            first answer on screen), `show` (with `id`), `diff` (with `before` and `after`, each
            a pair of a number of the history and a title), `extend` (with the `handle` of a
            distribution and the number of a `node`) or `run` (with the `handle` of a table of rows
            and the position of a `run`).
    """

    def __init__(self, request: str) -> None:
        self._request = request

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        try:
            reply = _reply(json.loads(self._request))
        except ChatError as error:
            reply = {"error": str(error)}
        return {"application/json": reply, "text/plain": ""}


def _reply(request: Mapping[str, Any]) -> dict[str, Any]:
    match request["ask"]:
        case "list":
            return _list(request["cell"], request["answer"])
        case "show":
            return _show(request["id"])
        case "extend":
            return _extend(request["handle"], request["node"])
        case "run":
            payload = whole_run(default_session(), request["handle"], request["run"])
            return {"payload": payload}
        case _:
            before, after = (
                compared(history.load(number), title)
                for number, title in (request["before"], request["after"])
            )
            return ResultDiff(before, after).plain()


def _extend(handle: str, node: int) -> dict[str, Any]:
    """Go on with a distribution from a node, and return the payload that draws it."""
    from chat_magic.engine.distribution import extend

    return {"payload": extend(handle, node)._repr_mimebundle_()[MIME_TYPE]}


def _list(cell_id: str, answer: str) -> dict[str, Any]:
    """Return the versions of a cell, the oldest first, and which of them has an answer."""
    rows = history.versions_of_cell(cell_id)
    wanted = redact(answer)
    same = [row.id for row in rows if row.status != "running" and row.answer == wanted]
    return {
        "versions": [{"id": row.id, "title": _title(row)} for row in reversed(rows)],
        "current": same[0] if same else None,
    }


def _title(row: HistoryRow) -> str:
    """Return when and with which model a version was run."""
    time = datetime.fromtimestamp(row.started_s, UTC).astimezone()
    return f"#{row.id} · {time:%d %b %H:%M:%S} · {row.model}"


def _show(number: int) -> dict[str, Any]:
    """Return the text of a version's cell, and the payload that draws its result."""
    execution = history.load_execution(number)
    result = history.result_of(execution)
    return {"cell": execution.source, "payload": result._repr_mimebundle_()[MIME_TYPE]}


def saved_versions(number: int, most: int) -> list[dict[str, Any]]:
    """Return the versions before an execution as a notebook holds them, the oldest first.

    Args:
        number: The execution.
        most: How many at most; the oldest are left out beyond `MOST_BYTES` too.
    """
    rows = history.versions_of(number)
    before = [row for row in rows if row.id < number and row.answers][:most]
    saved: list[dict[str, Any]] = []
    n_bytes = 0
    for row in before:
        shown = _show(row.id)
        version = sum(other.id <= row.id for other in rows)
        entry = {"version": version, "cell": shown["cell"], **_drawn(shown["payload"])}
        n_bytes += len(json.dumps(entry, ensure_ascii=False).encode()) + 1
        if n_bytes > MOST_BYTES - 2:
            break
        saved.append(entry)
    return saved[::-1]


def _drawn(payload: Mapping[str, Any]) -> dict[str, Any]:
    names = ("results", "axes", "comparison", "rows")
    return {name: payload[name] for name in names if name in payload}
