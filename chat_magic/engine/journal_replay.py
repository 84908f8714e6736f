"""The journal of a killed process, fed to the assembler again: the result that had arrived."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from chat_magic.core.reply.chunk import MalformedChunk
from chat_magic.core.reply.reply import Timing
from chat_magic.core.reply.server_error import ServerError
from chat_magic.core.reply.top_up import TopUp
from chat_magic.core.request.request import read_sent
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.result_json import result_from_json
from chat_magic.store.journal import Arrival, Exchange, Layout
from chat_magic.transport.credentials import answer_keys, know_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.reply.reply import Reply
    from chat_magic.store.execution import StoredExecution

__all__ = ["replay_journal"]


def replay_journal(execution: StoredExecution) -> ChatResult | ChatResults | None:
    """Return what had arrived of an execution, as interrupted results; None if nothing had.

    A grid has its axes; its runs whose answers are whole have no error. Keys are removed, also
    where their pieces are in several entries.
    """
    know_environment()  # the process that used a key is gone
    runs = [_replay_run(execution, run) for run in range(len(execution.runs))]
    if not any(run.choices for run in runs):
        return None
    if execution.row.kind == "answer":
        return runs[0]
    axes = _axes_of(execution)
    names, values = [axis.name for axis in axes], product(*(axis.coordinates for axis in axes))
    coordinates = tuple(dict(zip(names, each, strict=True)) for each in values)
    if len(coordinates) != len(runs):
        axes, coordinates = (), ()
    errors = {run: "interrupted" for run, result in enumerate(runs) if not _is_whole(result)}
    return ChatResults(tuple(runs), axes, coordinates, errors)


def _axes_of(execution: StoredExecution) -> tuple[Axis, ...]:
    layout = next((entry for entry in execution.journal if isinstance(entry, Layout)), None)
    if layout is None:
        return ()
    try:
        result = result_from_json(layout.axes)
    except InvalidRequest:
        return ()
    return result.axes if isinstance(result, ChatResults) else ()


def _is_whole(result: ChatResult) -> bool:
    """Whether all choices that were asked for have ended."""
    ends = [choice.finish_reason for choice in result.choices]
    wanted = result.request.parameters.get("n") or 1
    return len(ends) >= wanted and not {None, "interrupted"} & set(ends)


def _replay_run(execution: StoredExecution, run: int) -> ChatResult:
    """Return the last round of a run; the rounds before it are in its messages."""
    exchanges = [e for e in execution.journal if isinstance(e, Exchange) and e.run == run]
    last = max((e.number for e in exchanges if e.choice is None), default=-1)
    written = execution.runs[run]
    asked = json.loads(next((e.request for e in exchanges if e.number == last), written.request))
    first = json.loads(written.request)
    is_first_round = asked["messages"] == first["messages"]  # perhaps for fewer choices
    request = read_sent(first if is_first_round else asked)
    request = replace(request, model=written.model)
    answer = TopUp(request, keys=answer_keys)
    assemblers = {last: answer.main}
    extra = [e for e in exchanges if e.number > last and e.choice is not None]
    arrivals = [e for e in execution.journal if isinstance(e, Arrival)]
    _feed(assemblers, arrivals)
    if extra:
        missing = {assembler.number: assembler for _, assembler in answer.extra_requests()}
        _feed({e.number: missing[e.choice] for e in extra if e.choice in missing}, arrivals)
    reply: Reply = answer.reply("interrupted")
    total_s = max((e.t_ms / 1000 for e in arrivals if e.number in assemblers), default=0.0)
    first_ms = answer.main.first_text_ms
    ttft_s = None if first_ms is None else first_ms / 1000
    return ChatResult(request, reply, Timing(ttft_s=ttft_s, total_s=total_s), reply.warnings)


def _feed(assemblers: Mapping[int, Assembler], arrivals: Sequence[Arrival]) -> None:
    """Give each assembler what arrived for it, up to what it cannot read."""
    for arrival in arrivals:
        assembler = assemblers.get(arrival.number)
        if assembler is None:
            continue
        feed = assembler.feed_whole if arrival.is_whole else assembler.feed
        for data in arrival.events:
            if data.startswith(b"{"):
                try:
                    feed(data, arrival.t_ms)
                except (MalformedChunk, ServerError):
                    break
