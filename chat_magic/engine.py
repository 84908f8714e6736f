"""The one path from a request to its result; the magic and the functions are thin faces of it."""

from __future__ import annotations

import asyncio
import math
import threading
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.assemble import Assembler
from chat_magic.core.parameters import PARAMETERS, imply, nearest
from chat_magic.core.reply import Timing
from chat_magic.core.request import ChatRequest, read_extra, read_fields, read_messages, validate
from chat_magic.core.template import render_text
from chat_magic.core.unheeded import unheeded
from chat_magic.errors import ChatError, ChatInterrupted, InvalidRequest
from chat_magic.result import ChatResult
from chat_magic.transport import attachments, background, client, endpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.core.messages import Message

__all__ = ["Run", "achat", "ask", "chat", "prepare"]

_TICK_S = 0.2
"""How often a waiting thread looks up, so that an interrupt is noticed on every platform."""
_CLOSE_S = 0.2
"""How long an interrupted request may take to close its connection."""


def prepare(
    request: ChatRequest, *, after: ChatResult | None = None, choice: int = 0
) -> ChatRequest:
    """Complete a request from the defaults and the result that it goes on from, and check it.

    Args:
        request: As it was written.
        after: A result whose conversation comes before the request's messages.
        choice: Which of its choices to go on from.

    Raises:
        InvalidRequest: Something is missing, or does not go together.
    """
    if after is not None:
        if not isinstance(after, ChatResult):
            raise InvalidRequest(f"after: {type(after).__name__} is no chat result to go on from")
        earlier = after.conversation(choice)
        request = replace(
            request,
            model=request.model or after.request.model,
            messages=earlier + request.messages,
        )
    request = validate(attachments.inline(request))
    if request.model is not None:
        return request
    model, notice = endpoints.default_model()
    warnings = (*request.warnings, notice) if notice else request.warnings
    return replace(request, model=model, warnings=warnings)


class Run:
    """A request that is being answered, on the background loop.

    Args:
        request: A prepared request.
        timeout_s: Seconds that the whole answer may take.
    """

    def __init__(self, request: ChatRequest, timeout_s: float | None = None) -> None:
        self.request = request
        self.assembler = Assembler(prefill=request.prefill)
        self.note: str | None = None
        """What is being done before the answer can begin, in words."""
        self._timeout_s = timeout_s
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._watch = client.Stopwatch()
        self._future: Future[ChatResult] = background.submit(self._answer())

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was started."""
        return self._watch.elapsed_s

    async def _answer(self) -> ChatResult:
        try:
            return await ask(
                self.request,
                self.assembler,
                timeout_s=self._timeout_s,
                on_change=self._changed.set,
                on_progress=self._progress,
                watch=self._watch,
            )
        finally:
            self._closed.set()
            self._changed.set()

    def _progress(self, what: str, fraction: float | None) -> None:
        self.note = what if fraction is None else f"{what} {fraction:.0%}"
        self._changed.set()

    def wait(self, show: Callable[[Run], float] | None = None) -> ChatResult:
        """Wait for the result.

        Args:
            show: Called in this thread after changes; returns the seconds until its next call.

        Raises:
            ChatError: The request failed; what had arrived is its `.result`.
            ChatInterrupted: The user interrupted; likewise.
        """
        try:
            while not self._future.done():
                if self._changed.wait(_TICK_S) or show:
                    self._changed.clear()
                if show and not self._future.done():
                    self._closed.wait(show(self))
            return self._future.result()
        except (KeyboardInterrupt, CancelledError):
            self.cancel()
            raise self._interrupted() from None

    def cancel(self) -> None:
        """Stop the request: the connection is closed at once."""
        self._future.cancel()
        self._closed.wait(_CLOSE_S)

    def _interrupted(self) -> ChatInterrupted:
        error = ChatInterrupted("the request was interrupted")
        if self.assembler.has_output:
            error.result = _result(self.request, self.assembler, self._watch, "interrupted")
        return error


async def ask(
    request: ChatRequest,
    assembler: Assembler,
    *,
    timeout_s: float | None = None,
    on_change: Callable[[], None] | None = None,
    on_progress: Callable[[str, float | None], None] | None = None,
    watch: client.Stopwatch | None = None,
) -> ChatResult:
    """Send a prepared request and return its result; runs on the background loop.

    Args:
        request: What is asked, complete and checked.
        assembler: What the answer is folded into; it can be read while the answer comes.
        timeout_s: Seconds that the whole answer may take.
        on_change: Called whenever something has come.
        on_progress: Told what is done before the answer can begin, and how far it is (0 to 1).
        watch: What the times of the result are measured with.

    Raises:
        InvalidRequest: `timeout_s` is no time; nothing was sent.
        ChatError: With `.result` when something had arrived.
    """
    if timeout_s is not None and not 0 < timeout_s < math.inf:
        raise InvalidRequest(f"timeout {timeout_s:g}: must be a number of seconds above 0")
    watch = watch or client.Stopwatch()
    try:
        endpoint = await endpoints.resolve(request.model or "", on_progress)
        watch.restart()
        await client.exchange(
            endpoint,
            {**request.body(), "model": endpoint.model},
            assembler,
            timeout_s=timeout_s,
            on_change=on_change,
            watch=watch,
        )
    except ChatError as error:
        if assembler.has_output:
            error.result = _result(request, assembler, watch, "error")
        raise
    return _result(request, assembler, watch, None)


def _result(
    request: ChatRequest, assembler: Assembler, watch: client.Stopwatch, unfinished: str | None
) -> ChatResult:
    reply = assembler.reply(unfinished)
    first = assembler.first_text_ms
    ttft_s = None if first is None else first / 1000
    total_s = watch.elapsed_s
    counted = reply.usage.completion_tokens if reply.usage else None
    count = max(counted or 0, assembler.n_tokens)
    rate = (
        (count - 1) / (total_s - ttft_s)
        if ttft_s is not None and count > 1 and assembler.n_events > 1 and total_s > ttft_s
        else None
    )
    timing = Timing(ttft_s=ttft_s, total_s=total_s, tokens_per_s=rate)
    ignored = () if unfinished else unheeded(request, reply)
    return ChatResult(request, reply, timing, (*request.warnings, *reply.warnings, *ignored))


def chat(
    messages: str | Sequence[Mapping[str, Any] | Message],
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,
    extra: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> ChatResult:
    """Ask a model and wait for its answer.

    Args:
        messages: One user message, or a list of the API's message objects.
        model: `vendor/model`; the configured one if not given.
        after: A result whose conversation this goes on.
        variables: What `{{ }}` in the messages sees; without it they are sent verbatim.
        timeout: Seconds that the whole answer may take.
        extra: Further request fields, sent as given.
        **parameters: Request parameters by the API's names; `UNSET` unsets a default.

    Raises:
        InvalidRequest: Refused before anything was sent.
        ChatError: It failed; what had arrived is in `.result`.
        ChatInterrupted: It was interrupted; likewise.
    """
    request = _request(messages, model, variables, extra, parameters)
    return Run(prepare(request, after=after), timeout).wait()


async def achat(
    messages: str | Sequence[Mapping[str, Any] | Message],
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    timeout: float | None = None,  # noqa: ASYNC109
    extra: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> ChatResult:
    """Ask a model; the same as `chat`, to be awaited on any event loop."""
    request = prepare(_request(messages, model, variables, extra, parameters), after=after)
    answer = ask(request, Assembler(prefill=request.prefill), timeout_s=timeout)
    return await asyncio.wrap_future(background.submit(answer))


def _request(
    messages: Any,
    model: str | None,
    variables: Mapping[str, Any] | None,
    extra: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
) -> ChatRequest:
    for name in parameters:
        if name not in PARAMETERS:
            raise InvalidRequest(
                f"unknown parameter {name}{nearest(name, PARAMETERS)}; "
                "fields that the API does not know go into extra={…}"
            )
    fields = {"model": model, "messages": read_messages(messages), **imply(parameters)}
    request = replace(read_fields(fields, allow_extra=False), extra=read_extra(extra or {}))
    return request if variables is None else _rendered(request, variables)


def _rendered(request: ChatRequest, variables: Mapping[str, Any]) -> ChatRequest:
    messages = tuple(
        replace(message, content=render_text(message.content, variables))
        if isinstance(message.content, str)
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)
