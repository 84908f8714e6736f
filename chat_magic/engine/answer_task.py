"""One answer while it is being received: its requests, its tool calls and its result."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.core.reply.choice_value import validation_errors
from chat_magic.core.reply.cost import cost_of
from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.reply.top_up import TopUp
from chat_magic.core.reply.usage import total_usage
from chat_magic.engine.tool_loop import ToolLoop
from chat_magic.errors import ChatError, StreamBroken
from chat_magic.results.chat_result import ChatResult
from chat_magic.transport.exchange import exchange
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session

__all__ = ["AnswerTask", "with_schema_warnings"]


class AnswerTask:
    """An answer that is received on the event loop; other threads may read its progress.

    Args:
        call: The call that is sent.
        session: The session whose connections and settings are used.
        on_change: Called on the loop whenever something has arrived, or is being waited for.
    """

    def __init__(
        self, call: PreparedCall, session: Session, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.request = call.request
        """The request of the current round."""
        self._call = call
        self._session = session
        self._on_change = on_change
        self._tool_loop = ToolLoop(call.tools) if call.tools.can_run else None
        self._stopwatch = Stopwatch()
        self._round_stopwatch = self._stopwatch
        self._progress: str | None = None
        self.answer = TopUp(call.request, call.price)
        """What has arrived in the current round."""

    @property
    def rounds(self) -> tuple[ToolRound, ...]:
        """The complete rounds before the current one, in which the model called tools."""
        return self._tool_loop.rounds if self._tool_loop else ()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first request."""
        return self._stopwatch.elapsed_s

    @property
    def has_output(self) -> bool:
        """Whether anything has arrived in any round."""
        has_rounds = self._tool_loop is not None and self._tool_loop.has_rounds
        return has_rounds or self.answer.main.has_output

    @property
    def note(self) -> str | None:
        """What is being done while no text arrives."""
        calling = self._tool_loop.note if self._tool_loop else None
        return self._progress or calling or self.answer.note

    async def run(self) -> ChatResult:
        """Send the request, receive the answer, run the tools that it calls; return the result.

        Raises:
            ChatError: It failed; `.result` holds what had arrived, if anything had.
        """
        limits = self._call.limits
        try:
            await self._send_round(limits.timeout_s)
            if self._tool_loop or (limits.top_up and self.request.n > 1):
                await self._complete()
        except ChatError as error:
            if self.has_output:
                error.result = self.result("error")
            raise
        return self.result()

    async def _complete(self) -> None:
        """Request the missing choices, and run the rounds of tool calls.

        Raises:
            StreamBroken: The time limit was exceeded, or choices are still missing.
        """
        limits = self._call.limits
        left_s = None if limits.timeout_s is None else limits.timeout_s - self.elapsed_s
        try:
            async with asyncio.timeout(left_s):
                if limits.top_up:
                    await self._top_up(limits.top_up_concurrency)
                while self._tool_loop and await self._next_round(self._tool_loop):
                    await self._send_round(None)
        except TimeoutError as error:
            why = f"the answer was not complete within {limits.timeout_s:g} s"
            raise StreamBroken(why) from error

    def partial(self) -> ChatResult | None:
        """Return what has arrived, marked as interrupted; None if nothing has."""
        return self.result("interrupted") if self.has_output else None

    def result(self, unfinished: str | None = None) -> ChatResult:
        """Return everything that has arrived.

        Args:
            unfinished: The finish reason of choices without one: `error` or `interrupted`.
        """
        rounds, request = self._tool_loop.state() if self._tool_loop else ((), None)
        reply = Reply() if request else self.answer.reply(unfinished)
        request = request or self.request
        warnings = [*request.warnings]
        if self._tool_loop:
            warnings += self._tool_loop.warnings
        warnings += [*reply.warnings, *logprob_warnings(reply)]
        if unfinished is None:
            warnings += ignored_parameters(request, reply)
            warnings += self._tool_loop.limit_warnings(request, reply) if self._tool_loop else ()
        usage = total_usage([*(round_.reply.usage for round_ in rounds), reply.usage])
        return ChatResult(
            request,
            reply,
            self._timing(rounds),
            tuple(dict.fromkeys(warnings)),
            self._call.schema,
            cost_of(usage, self._call.price),
            rounds,
        )

    async def _send_round(self, timeout_s: float | None) -> None:
        await self._send(self.request, self.answer.main, self._round_stopwatch, timeout_s)

    async def _send(
        self,
        request: ChatRequest,
        assembler: Assembler,
        stopwatch: Stopwatch,
        timeout_s: float | None = None,
    ) -> None:
        """Send a request to the server of its model, and feed the answer to an assembler."""
        session = self._session
        endpoint = self._call.endpoint or await session.endpoints.resolve(
            request.model or "", self._on_progress
        )
        await exchange(
            session.http,
            endpoint,
            {**request.body(), "model": endpoint.model},
            assembler,
            retries=self._call.limits.retries,
            timeout_s=timeout_s,
            on_change=self._on_arrival,
            on_wait=self._on_progress,
            stopwatch=stopwatch,
        )

    async def _top_up(self, concurrency: int) -> None:
        gate = asyncio.Semaphore(concurrency)

        async def send_in_turn(request: ChatRequest, assembler: Assembler) -> None:
            async with gate:
                await self._send(request, assembler, Stopwatch())

        requests = self.answer.extra_requests()
        outcomes = await asyncio.gather(
            *(send_in_turn(*request) for request in requests), return_exceptions=True
        )
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            n = self.request.n
            raise StreamBroken(
                f"n {n}: {len(failed)} of the missing choices did not arrive: {failed[0]}"
            ) from failed[0]

    async def _next_round(self, tool_loop: ToolLoop) -> bool:
        """Run the tools that the complete answer calls; return whether a next request follows."""
        reply = self.answer.reply()
        request = await tool_loop.run_round(
            self.request, reply, self._round_timing(), self._on_change
        )
        if request is None:
            return False
        self.request = request
        self.answer = TopUp(request, self._call.price)
        self._round_stopwatch = Stopwatch()
        tool_loop.close_round()
        self._on_change()
        return True

    def _on_arrival(self) -> None:
        self._progress = None
        self._on_change()

    def _on_progress(self, words: str, fraction: float | None = None) -> None:
        self._progress = words if fraction is None else f"{words} {fraction:.0%}"
        self._on_change()

    def _round_timing(self) -> Timing:
        """Return the times of the current round."""
        main, total_s = self.answer.main, self._round_stopwatch.elapsed_s
        first_ms, count = main.first_text_ms, self.answer.n_tokens
        ttft_s = first_ms / 1000 if first_ms is not None and main.n_events > 1 else None
        is_measured = ttft_s is not None and count > 1 and total_s > ttft_s
        rate = (count - 1) / (total_s - (ttft_s or 0.0)) if is_measured else None
        return Timing(ttft_s=ttft_s, total_s=total_s, tokens_per_s=rate)

    def _timing(self, rounds: tuple[ToolRound, ...]) -> Timing:
        """Return the times of all rounds together, and the speed of the last."""
        is_between = len(rounds) > len(self.rounds)
        last = rounds[-1].timing if is_between else self._round_timing()
        first = rounds[0].timing if rounds else last
        return msgspec.structs.replace(last, ttft_s=first.ttft_s, total_s=self.elapsed_s)


def with_schema_warnings(result: ChatResult) -> ChatResult:
    """Add warnings about answers that do not fit their schema.

    This may run code of the user's types, so it must run in the caller's thread, not on the loop.
    """
    if result.schema is None:
        return result
    errors = validation_errors(result.choices, result.schema, result.prefill)
    return replace(result, warnings=(*result.warnings, *errors))
