"""The functions `chat` and `achat`: one request, and its result."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.core.request.label_set import read_labels
from chat_magic.core.schema import validation
from chat_magic.engine.answer_task import AnswerTask, with_schema_warnings
from chat_magic.engine.check_plan import NO_CHECKS, CheckPlan
from chat_magic.engine.execution_record import KEEP_BY_SETTING, HistoryOptions
from chat_magic.engine.prepare import PreparedCall, build_request, prepare_call, request_limits
from chat_magic.engine.prompt_call import prompt_schema, without_response_format
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import Session, default_session
from chat_magic.engine.task_handle import TaskHandle
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt, send_prompts_by
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from chat_magic.core.request.label_set import At, LabelSet
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.engine.threads import Turn
    from chat_magic.results.chat_result import ChatResult

__all__ = ["achat", "chat", "start_answer"]


def chat(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt,
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    top_up: bool = True,
    extra: Mapping[str, Any] | None = None,
    schema: Any = None,
    labels: Sequence[str] | None = None,
    labels_at: At | None = None,
    max_tool_rounds: int | None = None,
    thread: str | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> ChatResult:
    """Send a prompt to a model and wait for its answer.

    Args:
        messages: The text of one user message, a list of the API's message objects, or a prompt,
            whose model and parameters the other arguments replace.
        model: `vendor/model`; by default the configured one.
        after: A result whose conversation this continues.
        variables: Values for `{{ }}` in the messages, which are sent verbatim without them.
        timeout: Seconds that the whole answer may take.
        retries: How often the request is retried, 0 to 10, when it fails before the answer begins;
            by default the setting, or 2.
        top_up: Whether choices that the server did not return are requested again.
        extra: Further request fields, sent as given.
        schema: The form of the answer, for `.parsed`: a pydantic model, dataclass, TypedDict,
            msgspec Struct or other type that JSON can express, a JSON Schema or its path, the short
            form `name: str, age: int`, or `list[...]` of any of these.
        labels: The possible answers, such as ["yes", "no"]: `.frame` has the probability of each in
            columns `p[LABEL]`, and of anything else in `p[ambiguous]`, `p[other]` and
            `p[residual]`. They turn `top_logprobs` on, at 20 or what the server allows.
        labels_at: Where the label is, as for `.labels`: by default at the start of the answer.
        max_tool_rounds: The maximum number of rounds of function calls, 0 to 100; by default 5.
        thread: The name of a conversation of this notebook, which this continues; it is kept in the
            history. A cell that runs again replaces its turn and drops the later ones.
        history: Whether this is kept in the history; by default the setting decides.
        max_cost: Dollars that this may cost: no request is sent that could pass it, by an estimate
            from its text and its token limit. The price of the model must be known.
        cache: True uses the recorded answer to an equal request, or records the answer; "refresh"
            sends the request and records the answer; "offline" uses recorded answers only; False
            does neither, also with a cassette. By default the settings decide.
        cassette: A file in which answers are looked up first, and recorded.
        **parameters: Request parameters by the API's names; `UNSET` removes a default. `tools`
            takes Python functions, sync or async, which run when the model calls them, and the
            API's tool objects, whose calls are returned in `.choices[0].tool_calls`.

    Raises:
        InvalidRequest: The request is not valid; nothing was sent.
        CacheMiss: It is not recorded, and must not be sent.
        ChatError: It failed; `.result` holds what had arrived.
        ChatInterrupted: It was interrupted; `.result` holds what had arrived.

    Example:
        >>> result = chat("Name three rivers.", model="openai/gpt-4o", n=2, top_logprobs=5)
        >>> result.text, result.tokens
    """
    session = default_session()
    turn = _next_turn(session, thread, after, history)
    call = _prepare(
        session, messages, model=model, after=after, turn=turn, variables=variables,
        timeout=timeout, retries=retries, top_up=top_up, extra=extra, schema=schema,
        labels=read_labels(labels, labels_at), max_tool_rounds=max_tool_rounds,
        max_cost=max_cost, cache=cache, cassette=cassette, parameters=parameters,
    )  # fmt: skip
    return start_answer(session, call, HistoryOptions(keep=history, turn=turn)).wait()


async def achat(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt,
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109
    retries: int | None = None,
    top_up: bool = True,
    extra: Mapping[str, Any] | None = None,
    schema: Any = None,
    labels: Sequence[str] | None = None,
    labels_at: At | None = None,
    max_tool_rounds: int | None = None,
    thread: str | None = None,
    history: bool | None = None,
    max_cost: float | None = None,
    cache: bool | str | None = None,
    cassette: str | PathLike[str] | None = None,
    **parameters: Unpack[Parameters],
) -> ChatResult:
    """Send a prompt to a model; like `chat`, but awaited on any event loop.

    When the caller cancels it, the attribute `result` of the CancelledError holds what had arrived.
    After a timeout of the caller's (`asyncio.timeout`, `asyncio.wait_for`) that error is the
    `__cause__` of the TimeoutError.
    """
    session = default_session()
    turn = await asyncio.to_thread(_next_turn, session, thread, after, history)
    call = _prepare(
        session, messages, model=model, after=after, turn=turn, variables=variables,
        timeout=timeout, retries=retries, top_up=top_up, extra=extra, schema=schema,
        labels=read_labels(labels, labels_at), max_tool_rounds=max_tool_rounds,
        max_cost=max_cost, cache=cache, cassette=cassette, parameters=parameters,
    )  # fmt: skip
    record = session.history.record("answer", [call], HistoryOptions(keep=history, turn=turn))
    task = AnswerTask(call, session, record=record)
    future = session.loop.submit(task.run())
    try:
        if call.schema:
            await asyncio.to_thread(validation.preload)
        return with_schema_warnings(await asyncio.wrap_future(future))
    except asyncio.CancelledError as error:
        record.abandon()
        future.cancel()
        error.result = task.partial()  # type: ignore[attr-defined]  # like that of a ChatError
        raise


send_prompts_by(chat)


def start_answer(
    session: Session,
    call: PreparedCall,
    options: HistoryOptions = KEEP_BY_SETTING,
    checks: CheckPlan = NO_CHECKS,
) -> TaskHandle[ChatResult]:
    """Start a call on the event loop of a session, keep it in the history, and check the answer."""
    record = session.history.record("answer", [call], options)
    return TaskHandle(
        session.loop,
        lambda on_change: AnswerTask(call, session, on_change, record),
        finish=lambda result: checks.apply(with_schema_warnings(result)),
        while_waiting=validation.preload if call.schema else lambda: None,
        on_cancel=record.abandon,
    )


def _next_turn(
    session: Session, thread: str | None, after: ChatResult | None, keep: bool | None
) -> Turn | None:
    """Return the turn of a conversation that is asked, if one is named.

    Raises:
        InvalidRequest: It cannot be asked.
        ChatError: The history cannot be used.
    """
    if thread is None:
        return None
    if after is not None:
        raise InvalidRequest("after and thread exclude each other: give only one")
    return session.history.next_turn(thread, keep)


def _prepare(
    session: Session,
    messages: Any,
    *,
    model: str | None,
    after: ChatResult | None,
    turn: Turn | None,
    variables: Mapping[str, Any] | None,
    timeout: float | None,
    retries: int | None,
    top_up: bool,
    extra: Mapping[str, Any] | None,
    schema: Any,
    labels: LabelSet | None,
    max_tool_rounds: int | None,
    max_cost: float | None,
    cache: Any,
    cassette: Any,
    parameters: Mapping[str, Any],
) -> PreparedCall:
    form = load_schema(schema) or prompt_schema(messages)
    request, tools = build_request(
        messages, model, variables, extra, parameters, max_tool_rounds, schema
    )
    if form is not None and isinstance(messages, Prompt):
        request = without_response_format(request)
    request = replace(request, labels=labels)
    if turn is not None:
        request, after = turn.continued(request), turn.after
    limits = request_limits(
        session, timeout_s=timeout, retries=retries, top_up=top_up, max_cost=max_cost
    )
    return prepare_call(
        session, request,
        after=after, schema=form, tools=tools, limits=limits,
        recordings=open_recordings(session, cache_options(cache, cassette)),
    )  # fmt: skip
