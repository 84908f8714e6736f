"""The one path from a request to its result; the magic and the functions are thin faces of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.template import render_text
from chat_magic.core.nearest import nearest
from chat_magic.core.reply.choice_value import validation_errors
from chat_magic.core.request.parameters import PARAMETERS, apply_implied, is_number
from chat_magic.core.request.request import (
    ChatRequest,
    read_extra,
    read_fields,
    read_messages,
    validate,
)
from chat_magic.core.request.response_format import with_response_format
from chat_magic.core.request.settings import apply_defaults, check_setting
from chat_magic.core.unset import UNSET
from chat_magic.engine.task_handle import BackgroundRun
from chat_magic.engine.tool_functions import NO_TOOLS, Toolbox, with_tools
from chat_magic.engine.tool_loop import Rounds
from chat_magic.errors import ChatError, InvalidRequest, StreamBroken
from chat_magic.results.chat_result import ChatResult, no_result
from chat_magic.results.chat_results import ChatResults
from chat_magic.transport import attachments, configuration, endpoints
from chat_magic.transport import exchange as client
from chat_magic.transport import loop as background
from chat_magic.transport.exchange import Stopwatch
from chat_magic.transport.retry import RETRIES
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.request.messages import Message
    from chat_magic.core.schema.structured import Schema

__all__ = [
    "Asking",
    "Limits",
    "Run",
    "achat",
    "ask",
    "chat",
    "checked",
    "limits",
    "prepare",
    "written",
]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a request may take, and how often it is sent."""

    timeout_s: float | None = None
    """Seconds that the whole answer may take, all tries, calls of tools and waits included."""
    retries: int = RETRIES
    """How often it is sent again where it fails before the answer begins."""
    top_up: bool = True
    """Whether choices that the server did not return are asked for by further requests."""
    at_once: int = 8
    """Further requests for missing choices that are under way at a time."""


def limits(
    *, timeout_s: float | None = None, retries: int | None = None, top_up: bool = True
) -> Limits:
    """Check limits, and fill in the configured ones.

    Raises:
        InvalidRequest: `timeout_s` is no time, or `retries` out of its range.
    """
    if timeout_s is not None and not (is_number(timeout_s) and 0 < timeout_s < math.inf):
        raise InvalidRequest(f"timeout {timeout_s}: must be a number of seconds above 0")
    if retries is None:
        setting = configuration.settings().get("retries")
        retries = RETRIES if setting is None or setting.value is UNSET else setting.value
    return Limits(
        timeout_s=timeout_s, retries=check_setting("retries", retries), top_up=bool(top_up)
    )


def prepare(
    request: ChatRequest, *, after: ChatResult | None = None, choice: int | None = None
) -> ChatRequest:
    """Complete a request from the defaults and the result that it goes on from, and check it.

    Args:
        request: As it was written.
        after: A result whose conversation comes before the request's messages.
        choice: The index of the choice to continue from; the first choice by default.

    Raises:
        InvalidRequest: Something is missing, or does not go together.
    """
    if after is not None:
        if isinstance(after, ChatResults):
            raise InvalidRequest(
                f"after: the ChatResults of {len(after)} runs: go on from one answer, such as "
                f".pick({len(after) - 1})"
            )
        if not isinstance(after, ChatResult):
            raise InvalidRequest(f"after: {no_result(after)}")
        earlier = after.conversation(choice)
        request = replace(
            request,
            model=request.model or after.request.model,
            messages=earlier + request.messages,
        )
    request = apply_defaults(attachments.inline(request), configuration.settings())
    return _with_model(validate(request))


def _with_model(request: ChatRequest) -> ChatRequest:
    name, notice = (request.model, None) if request.model else endpoints.default_model()
    model = configuration.resolve_alias(name)
    endpoints.find_key(model)
    warnings = (*request.warnings, notice) if notice else request.warnings
    return replace(request, model=model, warnings=warnings)


class Asking:
    """An answer that is asked for on the background loop; other threads may look at it.

    Args:
        rounds: What is asked, complete and checked.
        limits: How long it may take, and how often it is sent.
        on_change: Called whenever something has come, or is waited for.
    """

    def __init__(self, rounds: Rounds, limits: Limits, on_change: Callable[[], None]) -> None:
        self.rounds = rounds
        self._limits = limits
        self._on_change = on_change
        self._note: str | None = None

    @property
    def note(self) -> str | None:
        """What is being done while no answer comes, in words."""
        return self._note or self.rounds.note

    async def answer(self) -> ChatResult:
        """Send the request and take what comes; raises what `ask` raises."""
        return await ask(
            self.rounds, self._limits, on_change=self._came, on_progress=self._progress
        )

    def _came(self) -> None:
        self._note = None
        self._on_change()

    def _progress(self, what: str, fraction: float | None) -> None:
        self._note = what if fraction is None else f"{what} {fraction:.0%}"
        self._on_change()


class Run(BackgroundRun[ChatResult]):
    """A request that is being answered, on the background loop.

    Args:
        request: A prepared request.
        limits: How long it may take, and how often it is sent.
        schema: What the answer is to be, if the request asks for that.
        toolbox: The functions that the model may have called.
    """

    def __init__(
        self,
        request: ChatRequest,
        limits: Limits = Limits(),
        schema: Schema | None = None,
        toolbox: Toolbox = NO_TOOLS,
    ) -> None:
        super().__init__()
        self.rounds = Rounds(request, toolbox, schema)
        self._asking = Asking(self.rounds, limits, self._change)
        self.start()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was started."""
        return self.rounds.watch.elapsed_s

    @property
    def note(self) -> str | None:
        """What is being done while no answer comes, in words."""
        return self._asking.note

    async def _answer(self) -> ChatResult:
        return await self._asking.answer()

    def _so_far(self) -> ChatResult | None:
        return self.rounds.result("interrupted") if self.rounds.has_output else None

    def _accepted(self, value: ChatResult) -> ChatResult:
        return checked(value)


Change = Callable[[], None]
Progress = Callable[[str, float | None], None]


async def ask(
    rounds: Rounds,
    limits: Limits = Limits(),
    *,
    on_change: Change | None = None,
    on_progress: Progress | None = None,
) -> ChatResult:
    """Send a prepared request and return its result; runs on the background loop.

    Args:
        rounds: What is asked, complete and checked; it can be read while the answer comes.
        limits: How long it may take, and how often it is sent.
        on_change: Called whenever something has come.
        on_progress: Told what is waited for while nothing comes, and how far that is (0 to 1).

    Raises:
        ChatError: With `.result` when something had arrived.
    """
    sender = _Sender(limits, on_change, on_progress)
    try:
        await _send_round(rounds, sender, limits.timeout_s)
        left_s = None if limits.timeout_s is None else limits.timeout_s - rounds.watch.elapsed_s
        async with asyncio.timeout(left_s):
            if limits.top_up:
                await _top_up(rounds, sender, limits.at_once)
            while await rounds.run_calls(on_change):
                await _send_round(rounds, sender)
    except TimeoutError as error:
        late = StreamBroken(f"the answer was not complete within {limits.timeout_s:g} s")
        late.result = rounds.result("error")
        raise late from error
    except ChatError as error:
        if rounds.has_output:
            error.result = rounds.result("error")
        raise
    return rounds.result()


class _Sender:
    """Sends the requests of one answer, each to the server of its model."""

    def __init__(
        self, limits: Limits, on_change: Change | None, on_progress: Progress | None
    ) -> None:
        self._limits = limits
        self._on_change = on_change
        self._on_progress = on_progress

    async def send(
        self, request: ChatRequest, assembler: Assembler, watch: Stopwatch, timeout_s: float | None
    ) -> None:
        """Send a request and feed what comes to the assembler."""
        endpoint = await endpoints.resolve(request.model or "", self._on_progress)
        await client.exchange(
            endpoint,
            {**request.body(), "model": endpoint.model},
            assembler,
            retries=self._limits.retries,
            timeout_s=timeout_s,
            on_change=self._on_change,
            on_wait=self._wait,
            watch=watch,
        )

    def _wait(self, words: str) -> None:
        if self._on_progress:
            self._on_progress(words, None)


async def _send_round(rounds: Rounds, sender: _Sender, timeout_s: float | None = None) -> None:
    await sender.send(rounds.request, rounds.answer.main, rounds.round_watch, timeout_s)


async def _top_up(rounds: Rounds, sender: _Sender, at_once: int) -> None:
    """Ask for the choices that the server did not return.

    Raises:
        StreamBroken: Some of them did not come; the others were waited for.
    """
    gate = asyncio.Semaphore(at_once)

    async def send_in_turn(request: ChatRequest, assembler: Assembler) -> None:
        async with gate:
            await sender.send(request, assembler, Stopwatch(), None)

    further = [send_in_turn(*each) for each in rounds.answer.extra_requests()]
    outcomes = await asyncio.gather(*further, return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    if failed:
        what = f"n {rounds.request.n}: {len(failed)} of the missing choices did not come"
        raise StreamBroken(f"{what}: {failed[0]}") from failed[0]


def checked(result: ChatResult) -> ChatResult:
    """Add the warnings of answers that do not fit their schema.

    A type's own code may run for it, so this is for the caller's thread, not for the loop.
    """
    if result.schema is None:
        return result
    found = validation_errors(result.choices, result.schema, result.prefill)
    return replace(result, warnings=(*result.warnings, *found))


def chat(
    messages: str | Sequence[Mapping[str, Any] | Message],
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    top_up: bool = True,
    extra: Mapping[str, Any] | None = None,
    schema: Any = None,
    max_tool_rounds: int | None = None,
    **parameters: Any,
) -> ChatResult:
    """Ask a model and wait for its answer.

    Args:
        messages: One user message, or a list of the API's message objects.
        model: `vendor/model`; the configured one if not given.
        after: A result whose conversation this goes on.
        variables: What `{{ }}` in the messages sees; without it they are sent verbatim.
        timeout: Seconds that the whole answer may take.
        retries: How often the request is sent again, 0 to 10, where it fails before the answer
            begins; the setting, or 2, if not given.
        top_up: Whether choices that the server did not return are asked for by further requests.
        extra: Further request fields, sent as given.
        schema: What the answer is to be, for `.parsed`: a pydantic model, dataclass, TypedDict,
            msgspec Struct or other type that JSON has, a JSON Schema or the path of one, the short
            form `name: str, age: int`, or `list[...]` of any of these.
        max_tool_rounds: How often the model may have functions called, 0 to 100; 5 if not given.
        **parameters: Request parameters by the API's names; `UNSET` unsets a default. `tools` takes
            Python functions, sync or async, which run when the model calls them, and the API's
            tool objects, whose calls come back in `.choices[0].tool_calls`.

    Raises:
        InvalidRequest: Refused before anything was sent.
        ChatError: It failed; what had arrived is in `.result`.
        ChatInterrupted: It was interrupted; likewise.
    """
    asked = load_schema(schema)
    request, toolbox = written(messages, model, variables, extra, parameters, max_tool_rounds)
    request = prepare(with_response_format(request, asked), after=after)
    allowed = limits(timeout_s=timeout, retries=retries, top_up=top_up)
    return Run(request, allowed, asked, toolbox).wait()


async def achat(
    messages: str | Sequence[Mapping[str, Any] | Message],
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109
    retries: int | None = None,
    top_up: bool = True,
    extra: Mapping[str, Any] | None = None,
    schema: Any = None,
    max_tool_rounds: int | None = None,
    **parameters: Any,
) -> ChatResult:
    """Ask a model; the same as `chat`, to be awaited on any event loop."""
    asked = load_schema(schema)
    request, toolbox = written(messages, model, variables, extra, parameters, max_tool_rounds)
    request = prepare(with_response_format(request, asked), after=after)
    allowed = limits(timeout_s=timeout, retries=retries, top_up=top_up)
    answer = ask(Rounds(request, toolbox, asked), allowed)
    return checked(await asyncio.wrap_future(background.submit(answer)))


def written(
    messages: Any,
    model: str | None,
    variables: Mapping[str, Any] | None,
    extra: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
    max_tool_rounds: int | None,
) -> tuple[ChatRequest, Toolbox]:
    """Read a request as `chat` takes it; not completed yet.

    Raises:
        InvalidRequest: Something of it is unknown, or out of its range.
    """
    for name in parameters:
        if name not in PARAMETERS:
            raise InvalidRequest(
                f"unknown parameter {name}{nearest(name, PARAMETERS)}; "
                "fields that the API does not know go into extra={…}"
            )
    tools = parameters.get("tools")
    if isinstance(tools, list | tuple):
        parameters = {name: value for name, value in parameters.items() if name != "tools"}
    else:
        tools = ()
    fields = {"model": model, "messages": read_messages(messages), **apply_implied(parameters)}
    request = replace(read_fields(fields, allow_extra=False), extra=read_extra(extra or {}))
    if variables is not None:
        request = _rendered(request, variables)
    return with_tools(request, tools, max_tool_rounds)


def _rendered(request: ChatRequest, variables: Mapping[str, Any]) -> ChatRequest:
    messages = tuple(
        replace(message, content=render_text(message.content, variables))
        if isinstance(message.content, str)
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)
