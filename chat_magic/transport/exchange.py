"""One exchange with a server: a request out, its answer into an assembler, faults as errors."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
import uuid
from contextlib import aclosing, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chat_magic.core.reply.chunk import MalformedChunk
from chat_magic.core.reply.json_texts import split_texts
from chat_magic.core.reply.reported_error import ChoiceError
from chat_magic.core.reply.server_error import ServerError
from chat_magic.core.reply.sse import Event, EventDecoder, EventTooLarge
from chat_magic.errors import (
    ChatError,
    ConnectionFailed,
    InvalidRequest,
    RequestTimeout,
    StreamBroken,
)
from chat_magic.transport import http
from chat_magic.transport.api_error import api_error, error_text, failure_of, read_failure, shown
from chat_magic.transport.credentials import redact, redact_answer, redact_exception
from chat_magic.transport.retry import RETRIES, Failure, wait_s
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["NO_PACE", "Listener", "Pace", "exchange"]

FIRST_EVENT_S = 600.0
"""How long the first content may take: a long prompt is slow to read."""
NEXT_EVENT_S = 60.0
"""How long a stream may be silent after that."""
AFTER_DONE_S = 0.05
"""How long to wait after `[DONE]` for the end of the body, so that the connection can be reused."""
_BLANK = b"\xef\xbb\xbf \t\r\n"
"""What may precede a body: a byte order mark, or white space that keeps the connection alive."""

_MOST_WORDS = 10_000
"""Bytes that are kept of a body without events, to quote in the error."""

_log = logging.getLogger(__name__)
"""Logs requests and responses at debug level: hosts, sizes and times, no texts and no keys."""


async def exchange(
    client: HttpClient,
    endpoint: Endpoint,
    body: Mapping[str, Any],
    assembler: Assembler,
    *,
    retries: int = RETRIES,
    timeout_s: float | None = None,
    silence_s: float | None = None,
    on_change: Callable[[], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
    on_events: Listener | None = None,
    stopwatch: Stopwatch | None = None,
    pace: Pace | None = None,
    url: str | None = None,
    translate: Callable[[bytes], bytes] | None = None,
) -> None:
    """Send a request and feed its answer to the assembler until it is complete.

    Whether the body is read as a stream or as a whole completion depends on what the server sends,
    not on what was requested. A transient failure before any content is retried, as is an answer
    that ends without any: the same bytes under the same idempotency key.

    Args:
        client: The connections.
        endpoint: Where to send it, and with which key.
        body: The request, as JSON values.
        assembler: What the answer is fed to; it keeps what arrived before a fault.
        retries: How often it may be sent again.
        timeout_s: Seconds that the whole answer may take, all tries and waits included.
        silence_s: Seconds of silence that are allowed at any time; by default `timeout_s`. Without
            it, or where it is shorter, `FIRST_EVENT_S` and `NEXT_EVENT_S` hold.
        on_change: Called after each part of the answer.
        on_wait: Called between tries with what is being waited for, in words.
        on_events: Called with the events that arrive together, keys removed, before they are read.
        stopwatch: Measures the arrival times, from the start of the last try.
        pace: Decides when each try may start; waiting for it is no part of any time limit.
        url: Where to send it; by default the endpoint's URL of completions.
        translate: Makes the JSON of a chat completion of each event; by default it is one.

    Raises:
        InvalidRequest: The body cannot be written as JSON; nothing was sent.
        ApiError: The server refused it, or its answer is not a completion.
        ConnectionFailed: The connection failed, or was lost before the first event.
        RequestTimeout: The first event did not arrive in time.
        StreamBroken: Any fault after the first event, or an answer without content; the cause is
            `__cause__`.
    """
    try:
        content = msgspec.json.encode(dict(body))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(redact(f"the request cannot be written as JSON: {error}")) from error
    exchanging = _Exchange(
        client, endpoint, body, assembler, on_change, stopwatch or Stopwatch(), timeout_s, on_events
    )
    exchanging.url, exchanging.translate = url or endpoint.url, translate
    exchanging.allow_silence(timeout_s if silence_s is None else silence_s)
    causes: list[str] = []
    pace = NO_PACE if pace is None else pace
    while True:
        try:
            start_s = time.monotonic()
            async with pace.turn():
                exchanging.extend(time.monotonic() - start_s)
                await exchanging.run(content)
        except ChatError as error:
            redact_exception(error)
            failure, n_tries = exchanging.failure, len(causes) + 1
            if failure is not None and pace.repeats(failure):
                exchanging.restart()
                continue
            pause_s = _pause_s(failure, n_tries) if failure and n_tries <= retries else None
            if failure is None or pause_s is None or not exchanging.has_time_for(pause_s):
                raise _after(n_tries, error) from error.__cause__
            causes.append(exchanging.cause)
            exchanging.restart()
            await _pause(pause_s, f"try {n_tries + 1} of {retries + 1}", causes[-1], on_wait)
        else:
            break
    if causes:
        assembler.warn(f"answered on try {len(causes) + 1}; before: {', '.join(causes)}")


def _pause_s(failure: Failure, n_failed: int) -> float | None:
    return wait_s(failure, n_failed, now_s=time.time(), chance=random.random())  # noqa: S311 - jitter


async def _pause(
    seconds: float, next_try: str, cause: str, on_wait: Callable[[str], None] | None
) -> None:
    """Wait before the next try, and say so."""
    _log.debug("%s: %s in %.2f s", cause, next_try, seconds)
    if on_wait:
        on_wait(f"{cause}: {next_try} in {seconds:.1f} s")
    await asyncio.sleep(seconds)
    if on_wait:
        on_wait(next_try)


def _after(n_tries: int, error: ChatError) -> ChatError:
    """Add the number of tries to an error, if there were several."""
    if n_tries > 1:
        error.args = (f"{error} (after {n_tries} tries)",)
    return error


class Pace(Protocol):
    """Decides when the tries of requests that share a limit may start."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait until a try may start; it runs inside."""

    def repeats(self, failure: Failure) -> bool:
        """Take note of a failure; return whether the try is repeated at the next turn.

        Such a repetition is none of the `retries`.
        """


class _NoPace:
    """Every try starts at once."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for nothing."""
        return nullcontext()

    def repeats(self, failure: Failure) -> bool:  # noqa: ARG002
        """Leave it to the `retries`."""
        return False


NO_PACE: Pace = _NoPace()


class Listener(Protocol):
    """Is told of what arrives."""

    def __call__(self, events: Sequence[Event], t_ms: float, *, is_whole: bool = False) -> None:
        """Take events that arrived together, `t_ms` milliseconds after the request.

        Args:
            events: Them, without keys; the body of a completion that was not streamed is one.
            t_ms: The time.
            is_whole: Whether it is such a body.
        """


class _Unusable(Exception):
    """The body is not a usable answer; the message says what it is."""


class _Empty(_Unusable):
    """The answer ended without any content."""


class _Exchange:
    """The state of one exchange: how much has arrived, and how long the rest may take."""

    def __init__(
        self,
        client: HttpClient,
        endpoint: Endpoint,
        body: Mapping[str, Any],
        assembler: Assembler,
        on_change: Callable[[], None] | None,
        stopwatch: Stopwatch,
        timeout_s: float | None,
        on_events: Listener | None,
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._sent = body
        self._n_asked = body.get("n", 1)
        self._assembler = assembler
        self._on_change = on_change
        self._on_events = on_events
        self._stopwatch = stopwatch
        self._clock = asyncio.get_running_loop().time
        self._timeout_s = timeout_s
        self._end = math.inf if timeout_s is None else self._clock() + timeout_s
        self._idempotency_key = f"chat-magic-{uuid.uuid4()}"
        self._renewed_ms = -math.inf
        self._timer = asyncio.timeout(None)
        self._n_events = 0
        self._first_s = FIRST_EVENT_S
        self._next_s = NEXT_EVENT_S
        self.url = endpoint.url
        """Where the request is sent."""
        self.translate: Callable[[bytes], bytes] | None = None
        """Makes the JSON of a chat completion of each event."""
        self.failure: Failure | None = None
        """Why the last try failed, if another one is conceivable."""
        self.cause = ""
        """The same, in words."""

    def allow_silence(self, seconds: float | None) -> None:
        """Allow so many seconds of silence at any time, unless more are allowed anyway."""
        self._first_s = max(self._first_s, seconds or 0.0)
        self._next_s = max(self._next_s, seconds or 0.0)

    def restart(self) -> None:
        """Forget the last try."""
        self._n_events = 0
        self._renewed_ms = -math.inf
        self._assembler.restart()

    def extend(self, seconds: float) -> None:
        """Allow so much more time in all, since that was spent waiting for a turn."""
        self._end += seconds

    def has_time_for(self, pause_s: float) -> bool:
        """Whether any time is left after a pause."""
        return self._clock() + pause_s < self._end

    async def run(self, content: bytes) -> None:
        """Send the request, read the answer, and turn every fault into a `ChatError`."""
        self.failure = None
        self._stopwatch.restart()
        self._timer = asyncio.timeout_at(min(self._end, self._clock() + self._first_s))
        try:
            async with self._timer:
                response = await self._post(content)
                try:
                    await self._read(response)
                finally:
                    await http.close_response(response)
        except TimeoutError as error:
            if not (self._is_complete and self._has_all):
                raise self._failed(RequestTimeout, self._silence()) from error
        except http.ConnectionLost as error:
            if not (self._is_complete and self._has_all):
                self._note_lost(error)
                why = f"the connection was lost ({http.reason(error)})"
                raise self._failed(ConnectionFailed, why) from error

    async def _post(self, content: bytes) -> http.Response:
        where = self._endpoint
        place = http.address(self.url)
        _log.debug("POST to %s: %s, %d bytes", place, redact(where.model), len(content))
        try:
            response = await self._client.post(
                self.url,
                content,
                where.secret,
                headers=where.headers,
                idempotency_key=self._idempotency_key,
                keep_alive=where.keeps_alive,
                ca_bundle=where.ca_bundle,
            )
        except (ConnectionFailed, RequestTimeout) as error:
            self._note_lost(error.__cause__)
            raise
        _log.debug("%s: %d after %.3f s", place, response.status, self._stopwatch.elapsed_s)
        return response

    def _note_lost(self, error: BaseException | None) -> None:
        if not self._assembler.has_content:
            self.failure = Failure(may_pass=http.may_pass(error))
            self.cause = "no connection"

    async def _read(self, response: http.Response) -> None:
        if not http.is_success(response):
            self.failure = await read_failure(response)
            self.cause = str(response.status)
            raise api_error(self._endpoint, response, self.failure, self._sent)
        self._assembler.header_cost = http.cost_of(response)
        async with aclosing(http.chunks(response)) as chunks:
            try:
                start = await _opening(chunks)
                if not start or start.startswith((b"{", b"[", b"<")):
                    self._take_whole(start + b"".join([chunk async for chunk in chunks]))
                else:
                    await self._read_stream(response, start, chunks)
            except (EventTooLarge, MalformedChunk, ServerError, _Unusable) as error:
                if isinstance(error, _Empty):
                    self.failure, self.cause = Failure(), "an empty answer"
                if self._has_begun or isinstance(error, ChoiceError):
                    raise self._failed(StreamBroken, str(error)) from error
                failure = failure_of(response, str(error))
                raise api_error(self._endpoint, response, failure, self._sent) from error

    def _take_whole(self, body: bytes) -> None:
        t_ms, safe = self._stopwatch.elapsed_s * 1000, self._redacted(body)
        if self._on_events:
            self._on_events([Event(safe)], t_ms, is_whole=True)
        try:
            self._assembler.feed_whole(safe, t_ms)
        except MalformedChunk as error:
            raise _Unusable(f"not a completion: {error_text(body)}") from error
        self._n_events += bool(self._assembler.indices())
        self._check_content(body)
        self._changed()

    async def _read_stream(
        self, response: http.Response, start: bytes, chunks: AsyncIterator[bytes]
    ) -> None:
        decoder = EventDecoder()
        chunk: bytes | None = start
        is_done = False
        try:
            while chunk is not None:
                is_done = self._take(decoder.feed(chunk))
                if is_done:
                    await _drain(response, chunks)
                    break
                chunk = await anext(chunks, None)
                if chunk and not self._n_events and len(start) < _MOST_WORDS:
                    start += chunk
            is_done = is_done or self._take(decoder.flush())
        except http.ConnectionLost:
            is_done = self._take(decoder.flush())
            if not (is_done or self._is_complete) or not self._has_all:
                raise
        self._check_content(start, is_done=is_done)
        self._check_end(is_done=is_done)

    def _take(self, events: list[Event]) -> bool:
        """Feed the events to the assembler; return whether `[DONE]` was among them."""
        t_ms = self._stopwatch.elapsed_s * 1000
        is_done = False
        events = [self._without_keys(event) for event in events]
        if events and self._on_events:
            self._on_events(events, t_ms)
        for event in events:
            if event.event != "message" or not event.data.startswith(b"{"):
                is_done = event.data.strip() == b"[DONE]"
                if is_done:
                    break
                if _is_noise(event):
                    continue
            try:
                self._assembler.feed(event.data, t_ms)
            except MalformedChunk:
                is_done = self._take_parts(event.data, t_ms)
                if is_done:
                    break
            else:
                self._n_events += 1
        is_due = not is_done and t_ms - self._renewed_ms > self._next_s * 1000 / 60
        if is_due and self._assembler.has_content:
            self._renew(t_ms)
        if events:
            self._changed()
        return is_done

    def _take_parts(self, data: bytes, t_ms: float) -> bool:
        """Feed data that is not one chunk, but may be several; return whether it has `[DONE]`."""
        for part in split_texts(data):
            if part == b"[DONE]":
                return True
            if part.startswith(b":"):
                continue
            try:
                self._assembler.feed(part, t_ms)
            except MalformedChunk as error:
                self._assembler.skip(part, error.expected)
            else:
                self._n_events += 1
        return False

    def _without_keys(self, event: Event) -> Event:
        data = self._redacted(event.data)
        return event if data is event.data else Event(data, event=event.event)

    def _redacted(self, data: bytes) -> bytes:
        """Remove keys, which must not be saved with a notebook, and warn about them."""
        read = data if self.translate is None else self.translate(data)
        safe = redact_answer(read)
        if safe is not read:
            self._assembler.warn("the server sent a key back: it was removed from the answer")
        return safe

    def _renew(self, t_ms: float) -> None:
        """Restart the time limit; not at each event, since it costs as much as decoding one."""
        self._renewed_ms = t_ms
        self._timer.reschedule(min(self._end, self._clock() + self._next_s))

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()

    def _check_content(self, body: bytes, *, is_done: bool = False) -> None:
        """Check that an answer which has ended has any content."""
        if self._assembler.has_content:
            return
        if self._assembler.indices():
            raise _Empty("it ended without any text or finish_reason")
        kind = _Empty if is_done or self._n_events else _Unusable
        reason = f"not a completion: {self._assembler.last_words or error_text(body)}"
        raise kind("; ".join([reason, *self._assembler.skipped]))

    def _check_end(self, *, is_done: bool) -> None:
        """Check that a stream which has ended is complete."""
        words = self._assembler.last_words
        if self._is_complete or (is_done and not (self._assembler.is_cut or words)):
            return
        reason = "it ended before every choice had a finish_reason"
        said = [f"the server's last words: {words}"] if words else []
        raise _Unusable("; ".join([reason, *said, *self._assembler.skipped]))

    @property
    def _has_begun(self) -> bool:
        return self._n_events > 0 or self._assembler.has_output

    @property
    def _is_complete(self) -> bool:
        return self._n_events > 0 and self._assembler.is_complete

    @property
    def _has_all(self) -> bool:
        """Whether as many choices as were requested have begun to arrive."""
        n = self._n_asked
        return not isinstance(n, int) or len(self._assembler.finish_reasons()) >= n

    def _failed(self, kind: Callable[[str], ChatError], why: str) -> ChatError:
        """Return a `StreamBroken` when the answer had begun, otherwise the error of this kind."""
        place = http.address(self.url)
        if self._has_begun:
            return StreamBroken(f"{place}: the answer is incomplete: {shown(why)}")
        return kind(f"{place}: {shown(why)}")

    def _silence(self) -> str:
        if self._timeout_s is not None and self._clock() >= self._end:
            return f"the answer was not complete within {self._timeout_s:g} s"
        has_content = self._assembler.has_content
        what = "no content" if self._n_events and not has_content else "nothing"
        silence_s = self._next_s if has_content else self._first_s
        return f"{what} arrived for {silence_s:g} s: a longer --timeout allows more"


async def _opening(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the beginning of a body, without leading blanks."""
    start = b""
    async for chunk in chunks:
        start = (start + chunk).lstrip(_BLANK)
        if start:
            break
    return start


async def _drain(response: http.Response, chunks: AsyncIterator[bytes]) -> None:
    """Read the rest, if it arrives at once, so that the connection can be reused."""
    if http.has_ended(response):
        return
    with suppress(TimeoutError, http.ConnectionLost):
        async with asyncio.timeout(AFTER_DONE_S):
            async for _ in chunks:
                pass


def _is_noise(event: Event) -> bool:
    """Whether an event only keeps the connection alive; raises `ServerError` for an error event."""
    if event.event == "error":
        raise ServerError(_json_or_text(event.data))
    return event.event == "ping" or not event.data or event.data.startswith(b":")


def _json_or_text(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode()
