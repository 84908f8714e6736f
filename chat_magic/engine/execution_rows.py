"""Calls and results as the rows that the history keeps, and rows as results."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.engine.journal_replay import replay_journal
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.distribution_record import without_search
from chat_magic.results.result_json import result_from_json, result_to_json
from chat_magic.store.execution import EndedExecution, ModelUsage, RunRequest, StartedExecution
from chat_magic.store.journal import Arrival
from chat_magic.transport.credentials import redact
from chat_magic.transport.endpoints import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import Usage
    from chat_magic.core.request.messages import Content, Message
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.execution import RowUse, StoredExecution

__all__ = [
    "Origin",
    "end_of",
    "replayed_end",
    "request_json",
    "start_of",
    "stored_result",
    "without_tokens",
]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an execution was started."""

    started_s: float
    """Seconds since 1970-01-01 UTC."""
    notebook: str | None = None
    """The path of the notebook."""
    cell_id: str | None = None
    source: str | None = None
    """The text of the cell."""
    thread: str | None = None
    row_use: RowUse | None = None
    """The rows on which its answers are checked, if they are."""


def start_of(
    kind: str, calls: Sequence[PreparedCall], origin: Origin, axes: Sequence[Axis] = ()
) -> StartedExecution:
    """Return what is known of an execution when it starts; the axes are those of a grid."""
    request = calls[0].request
    return StartedExecution(
        kind=kind,
        started_s=origin.started_s,
        model=", ".join(dict.fromkeys(call.request.model or "" for call in calls)),
        prompt=redact(_last_prompt(request.messages)),
        messages=redact("\n".join(dict.fromkeys(_all_texts(calls)))),
        runs=tuple(map(_run, calls)),
        requests=len(calls),
        notebook=origin.notebook,
        cell_id=origin.cell_id,
        source=None if origin.source is None else redact(origin.source),
        thread=origin.thread,
        row_use=origin.row_use,
        axes=_axes_json(axes) if axes else None,
    )


def _axes_json(axes: Sequence[Axis]) -> str | None:
    """Return the axes as the journal has them; None if JSON does not have their values."""
    try:
        return redact(result_to_json(ChatResults((), tuple(axes))))
    except InvalidRequest:
        return None


def _run(call: PreparedCall) -> RunRequest:
    endpoint = call.endpoint
    return RunRequest(
        model=call.request.model or "",
        endpoint=None if endpoint is None else masked(endpoint.base_url),
        request=request_json(call.request.body()),
    )


def request_json(body: Mapping[str, Any]) -> str:
    """Return the body of a request as the JSON that is kept, without keys."""
    try:
        text = msgspec.json.encode(body).decode()
    except (TypeError, ValueError):  # a lone surrogate, or what cannot be sent either
        text = json.dumps(body)
    return redact(text)


def _last_prompt(messages: Sequence[Message]) -> str:
    """Return the text of the last user message."""
    texts = [_text_of(message.content) for message in messages if message.role == "user"]
    return texts[-1] if texts else ""


def _all_texts(calls: Sequence[PreparedCall]) -> Iterator[str]:
    for call in calls:
        for message in call.request.messages:
            yield _text_of(message.content)


def _text_of(content: Content) -> str:
    """Return the text of a message, without its attachments."""
    if content is None or isinstance(content, str):
        return content or ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str))


def end_of(
    result: ChatResult | ChatResults | None, *, status: str, error: str | None = None
) -> EndedExecution:
    """Return what is known of an execution when it has ended.

    Args:
        result: What has arrived; None if nothing has.
        status: `complete`, `interrupted` or `failed`.
        error: Why it failed.
    """
    runs = result.results if isinstance(result, ChatResults) else [result] if result else []
    texts = [choice.text for run in runs for choice in run.choices]
    is_replayed = result is not None and result.replayed
    paid = [run for run in runs if is_replayed or not run.replayed]
    return EndedExecution(
        status=status,
        ended_s=time.time(),
        result=None if result is None else redact(result_to_json(result)),
        answer=redact(texts[0]) if texts else "",
        texts=redact("\n".join(dict.fromkeys(texts))),
        has_tokens=any(choice.logprobs for run in runs for choice in run.choices),
        answers=len(texts),
        failed=_n_failed(result, status),
        total_tokens=_sum([_total(run.usage) for run in paid if run.usage]),
        **(_usage(paid) if result else {}),
        ttft_s=min((run.timing.ttft_s for run in runs if run.timing.ttft_s), default=None),
        total_s=max((run.timing.total_s for run in runs), default=None),
        error=None if error is None else redact(error),
        replayed=is_replayed,
        by_model=_usage_by_model(result) if isinstance(result, ChatResults) else (),
    )


def _usage(runs: Sequence[ChatResult]) -> dict[str, Any]:
    """Return the tokens and the cost of runs together; what is not known is None."""
    usages = [run.usage for run in runs if run.usage]
    return {
        "prompt_tokens": _sum([usage.prompt_tokens for usage in usages]),
        "cached_tokens": _details(usages, "prompt_tokens_details", "cached_tokens"),
        "completion_tokens": _sum([usage.completion_tokens for usage in usages]),
        "reasoning_tokens": _details(usages, "completion_tokens_details", "reasoning_tokens"),
        "cost": ChatResults(tuple(runs)).cost,
    }


def _usage_by_model(results: ChatResults) -> tuple[ModelUsage, ...]:
    """Return the usage of each model if there are several."""
    runs: dict[str, list[int]] = {}
    for number, run in enumerate(results):
        runs.setdefault(run.request.model or "", []).append(number)
    if len(runs) < 2:
        return ()
    return tuple(
        ModelUsage(
            model=model,
            requests=len(numbers),
            failed=sum(number in results.errors for number in numbers),
            replayed=sum(results[number].replayed for number in numbers),
            **_usage([results[number] for number in numbers if not results[number].replayed]),
        )
        for model, numbers in runs.items()
    )


def _n_failed(result: ChatResult | ChatResults | None, status: str) -> int:
    return len(result.errors) if isinstance(result, ChatResults) else int(status == "failed")


def _total(usage: Usage) -> int | None:
    if usage.total_tokens is not None:
        return usage.total_tokens
    return _sum([usage.prompt_tokens, usage.completion_tokens])


def _details(usages: Sequence[Usage], details: str, name: str) -> int | None:
    """Add up a detail of the servers' counts, where they give it."""
    counts = [(getattr(usage, details) or {}).get(name) for usage in usages]
    return _sum([count for count in counts if type(count) is int])


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def stored_result(execution: StoredExecution) -> ChatResult | ChatResults | None:
    """Return the result of an execution, of a killed one what its journal has; None without any."""
    if execution.result is not None:
        return result_from_json(execution.result)
    return replay_journal(execution)


def replayed_end(execution: StoredExecution) -> EndedExecution:
    """Return the end of an execution whose process was killed, from its journal."""
    end = end_of(replay_journal(execution), status="interrupted", error="the kernel was stopped")
    last_ms = max((e.t_ms for e in execution.journal if isinstance(e, Arrival)), default=0.0)
    return msgspec.structs.replace(end, ended_s=execution.row.started_s + last_ms / 1000)


def without_tokens(text: str) -> str:
    """Return the JSON of a result without its token tables; of one that cannot be read, itself."""
    try:
        result = result_from_json(text)
    except InvalidRequest:
        return text
    if isinstance(result, ChatResults):
        return result_to_json(replace(result, results=tuple(map(_bare, result.results))))
    return result_to_json(_bare(result))


def _bare(result: ChatResult) -> ChatResult:
    choices = tuple(
        msgspec.structs.replace(choice, logprobs=None, arrivals={}) for choice in result.choices
    )
    reply = msgspec.structs.replace(without_search(result.reply), choices=choices)
    return replace(result, reply=reply)
