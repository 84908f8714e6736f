"""When the requests of a map start: concurrency and rates, slower after each refusal."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chat_magic.engine.map.map_estimate import duration
from chat_magic.engine.map.rate_rules import AdaptiveLimit, TokenBucket, backoff_s
from chat_magic.errors import RateLimited
from chat_magic.transport.credentials import redact
from chat_magic.transport.retry import Failure, is_about_credit, server_delay_s

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from chat_magic.core.reply.reply import Usage
    from chat_magic.engine.map.row_executor import MapLimits

__all__ = ["Pacer", "RowPace", "is_refusal"]

LONGEST_WAIT_S = 600.0
"""A longer wait, asked by the server or without any success, is a quota that is used up."""


class Pacer:
    """Lets the requests of a map start; used on one event loop only.

    Args:
        limits: How many may run at a time, and the rates.
        on_exhausted: Called once where a quota is used up, so that the map must end.
        clock: The time, in seconds.
    """

    def __init__(
        self,
        limits: MapLimits,
        on_exhausted: Callable[[RateLimited], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        now_s = clock()
        self._clock = clock
        self._on_exhausted = on_exhausted
        self._limit = AdaptiveLimit(limits.concurrency)
        rpm, tpm = limits.requests_per_minute, limits.tokens_per_minute
        self._requests = None if rpm is None else TokenBucket(rpm, now_s=now_s)
        self._tokens = None if tpm is None else TokenBucket(tpm, now_s=now_s)
        self._n_running = 0
        self._resume_s = now_s
        self._success_s = now_s
        self._first_refusal_s: float | None = None
        self._head = asyncio.Lock()
        self._ended = asyncio.Event()
        self.n_slowed = 0
        """How often the whole map was slowed down."""

    def row(self, tokens: float = 0.0) -> RowPace:
        """Return the pace of a row.

        Args:
            tokens: What its request is estimated to have, prompt and completion.
        """
        return RowPace(self, tokens)

    async def start(self, tokens: float) -> float:
        """Wait until a request may start, in the order of asking; return the time."""
        async with self._head:
            while True:
                now_s = self._clock()
                if self._n_running >= self._limit.value:
                    self._ended.clear()
                    await self._ended.wait()
                elif (delay_s := self._delay_s(now_s)) > 0:
                    await asyncio.sleep(delay_s)
                else:
                    break
            if self._requests is not None:
                self._requests.take(1, now_s=now_s)
            if self._tokens is not None:
                self._tokens.take(tokens, now_s=now_s)
            self._n_running += 1
            return now_s

    def end(self) -> None:
        """Let another request start."""
        self._n_running -= 1
        self._ended.set()

    def use(self, tokens: float) -> None:
        """Take tokens that a request has used beyond its estimate; negative ones flow back."""
        if self._tokens is not None:
            self._tokens.take(tokens, now_s=self._clock())

    def succeed(self) -> None:
        """Note an answer: the map may become faster."""
        self._limit.succeed()
        self._first_refusal_s = None
        self._ended.set()

    def refuse(self, failure: Failure, started_s: float) -> None:
        """Note a refusal for the rate: the whole map pauses, then goes on slower."""
        now_s = self._clock()
        delay_s = server_delay_s(failure, now_s=time.time())
        if self._first_refusal_s is None:
            self._first_refusal_s = now_s
        is_new = self._limit.refuse(started_s=started_s, now_s=now_s)
        self.n_slowed += is_new
        if self._requests is not None:
            self._requests.empty(now_s=now_s)
        if delay_s is not None or is_new:
            chance = random.random()  # noqa: S311 - jitter
            pause_s = (
                backoff_s(self._limit.n_refused, chance=chance) if delay_s is None else delay_s
            )
            self._resume_s = max(self._resume_s, now_s + pause_s)

    def exhausted(self, failure: Failure) -> str | None:
        """Say why waiting is of no use after a refusal; None if it is."""
        if is_about_credit(failure):
            return "the quota is used up"
        delay_s = server_delay_s(failure, now_s=time.time())
        if delay_s is not None and delay_s > LONGEST_WAIT_S:
            return f"the server asks to wait {duration(delay_s)}"
        first_s = self._first_refusal_s
        if first_s is not None and self._clock() - first_s > LONGEST_WAIT_S:
            return f"no row has succeeded for {duration(LONGEST_WAIT_S)}"
        return None

    def stop(self, reason: str, failure: Failure) -> None:
        """End the map."""
        words = redact(failure.words)[:300]
        self._on_exhausted(RateLimited(f"{reason}: the server answered {failure.status}: {words}"))

    def _delay_s(self, now_s: float) -> float:
        delays_s = [self._resume_s - now_s]
        if self._requests is not None:
            delays_s.append(self._requests.delay_s(1, now_s=now_s))
        if self._tokens is not None:
            delays_s.append(self._tokens.delay_s(0, now_s=now_s))
        return max(delays_s)


class RowPace:
    """The pace of the requests of one row.

    Args:
        pacer: That of the map.
        tokens: What a request of the row is estimated to have.
    """

    def __init__(self, pacer: Pacer, tokens: float) -> None:
        self._pacer = pacer
        self._tokens = tokens
        self._taken = 0.0
        self._started_s = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a try may start; it runs inside."""
        self._started_s = await self._pacer.start(self._tokens)
        self._taken += self._tokens
        try:
            yield
        finally:
            self._pacer.end()

    def repeats(self, failure: Failure) -> bool:
        """Whether a failure is a refusal for the rate that passes with time."""
        if not is_refusal(failure):
            return False
        self._pacer.use(-self._tokens)
        self._taken -= self._tokens
        if reason := self._pacer.exhausted(failure):
            self._pacer.stop(reason, failure)
            return False
        self._pacer.refuse(failure, self._started_s)
        return True

    def succeed(self, usage: Usage | None) -> None:
        """Note the answer of the row, and what it has really used."""
        self._pacer.succeed()
        if usage is not None and usage.prompt_tokens is not None:
            used = usage.prompt_tokens + (usage.completion_tokens or 0)
            self._pacer.use(used - self._taken)


def is_refusal(failure: Failure) -> bool:
    """Whether a server refused a request for its rate, or that of all: 429, or a wait it names."""
    if failure.status == 429 or is_about_credit(failure):
        return True
    has_wait = "retry-after" in failure.headers or "retry-after-ms" in failure.headers
    return failure.status == 503 and has_wait
