"""One answer while it is being received: its requests, its tool calls and its result."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.core.reply.alternatives_limit import alternatives_limit
from chat_magic.core.reply.choice_limit import choice_limit
from chat_magic.core.reply.choice_value import validation_errors
from chat_magic.core.reply.cost import cost_of, estimated_cost, service_tier
from chat_magic.core.reply.empty_answer import empty_answers
from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.prefill import check_prefill
from chat_magic.core.reply.recorded_answer import RecordedAnswer, is_whole
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.reply.scored_text import unscored_warnings
from chat_magic.core.reply.top_up import TopUp
from chat_magic.core.reply.usage import total_usage
from chat_magic.core.request.request import Destination, as_written
from chat_magic.engine.budget import Budget
from chat_magic.engine.call_endpoint import endpoint_of
from chat_magic.engine.execution_record import NOT_RECORDED, Record
from chat_magic.engine.prepare import body_for
from chat_magic.engine.score_exchange import score_exchange
from chat_magic.engine.token_prefill import wire_of
from chat_magic.engine.tool_loop import ToolLoop
from chat_magic.errors import ApiError, BudgetExceeded, ChatError, StreamBroken
from chat_magic.results.chat_result import ChatResult
from chat_magic.transport import local
from chat_magic.transport.credentials import answer_keys
from chat_magic.transport.exchange import exchange
from chat_magic.transport.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.core.request.config import Prefill
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.exchange import Pace

__all__ = ["AnswerTask", "with_schema_warnings"]


class AnswerTask:
    """An answer that is received on the event loop; other threads may read its progress.

    Args:
        call: The call that is sent.
        session: The session whose connections and settings are used.
        on_change: Called on the loop whenever something has arrived, or is being waited for.
        record: Keeps what is sent and received.
        budget: What the requests may cost, if others share it; by default the limit of the call.
        pace: Decides when each request may be sent; by default at once.
    """

    def __init__(
        self,
        call: PreparedCall,
        session: Session,
        on_change: Callable[[], None] = lambda: None,
        record: Record = NOT_RECORDED,
        budget: Budget | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.request = call.request
        """The request of the current round."""
        self._call = call
        self._session = session
        self._on_change = on_change
        self._record = record
        self._budget = budget or Budget(call.limits.max_cost)
        self._pace = pace
        self._tool_loop = ToolLoop(call.tools) if call.tools.can_run else None
        self._stopwatch = Stopwatch()
        self._round_stopwatch = self._stopwatch
        self._progress: str | None = "; ".join(call.notices) or None
        self._destination: Destination | None = None
        self._prefill_mode: Prefill | None = None
        self._recorded: list[ChatResult] = []
        """The recorded answers that stand for the first rounds."""
        self._kept_timing: Timing | None = None
        """The times of the current round once it is recorded, which takes time itself."""
        limit = 1 if call.is_one_by_one else None
        if local.is_local(call.request.model or ""):
            limit = local.CHOICES
        self.answer: TopUp = self._top_up_of(call.request, limit if call.limits.top_up else None)
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
        return has_rounds or self.answer.has_output

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
        return await self._record.keep(self._run(), self.partial)

    async def _run(self) -> ChatResult:
        limits = self._call.limits
        found = self._call.replay.found if self._call.replay else None
        if self._progress:
            self._on_change()
        try:
            is_sent = self._replay(found) or await self._send_first()
            if self._tool_loop or (limits.top_up and self.request.n > 1):
                await self._complete(is_sent=is_sent)
            else:
                await self._keep_answer()
        except ChatError as error:
            if self.has_output:
                error.result = self.result("error")
            raise
        return self.result()

    async def _send_first(self) -> bool:
        """Send the request; return whether the server takes as many choices."""
        limits = self._call.limits
        try:
            await self._send_round(limits.timeout_s)
        except ApiError as error:
            if self._lower_alternatives(error):
                return await self._send_first()
            limit = choice_limit(str(error), self.request.n)
            if limit is None or not limits.top_up:
                raise
            self.answer = self._top_up_of(self.request, limit)
            return False
        return True

    def _lower_alternatives(self, error: ApiError) -> bool:
        """Ask for as many alternatives as the server allows, if labels need them.

        Args:
            error: The server's refusal.

        Returns:
            Whether it was about their number.
        """
        asked = self.request.sent("top_logprobs")
        if self.request.labels is None or type(asked) is not int:
            return False
        limit = alternatives_limit(str(error), asked)
        if limit is None:
            return False
        warning = f"top_logprobs {asked}: the server allows {limit}"
        self.request = replace(
            self.request,
            parameters={**self.request.parameters, "top_logprobs": limit},
            warnings=(*self.request.warnings, warning),
        )
        self.answer = self._top_up_of(self.request)
        return True

    async def _complete(self, *, is_sent: bool) -> None:
        """Request the missing choices, and run the rounds of tool calls.

        Args:
            is_sent: Whether the request itself was answered; if not, it is sent again.

        Raises:
            StreamBroken: The time limit was exceeded, or choices are still missing.
        """
        limits = self._call.limits
        left_s = None if limits.timeout_s is None else limits.timeout_s - self.elapsed_s
        try:
            async with asyncio.timeout(left_s):
                if not is_sent:
                    await self._send_round(None)
                if limits.top_up and not self._is_replayed:
                    await self._top_up(limits.top_up_concurrency)
                await self._keep_answer()
                while self._tool_loop and await self._next_round(self._tool_loop):
                    if not await self._replay_round():
                        await self._send_round(None)
                        await self._keep_answer()
        except TimeoutError as error:
            why = f"the answer was not complete within {limits.timeout_s:g} s"
            raise StreamBroken(why) from error

    @property
    def _is_replayed(self) -> bool:
        """Whether the answer of the current round is a recorded one."""
        return len(self._recorded) > len(self.rounds)

    @property
    def _kept_warnings(self) -> tuple[str, ...]:
        """What is wrong with the history or the cassette."""
        replay = self._call.replay
        return (*self._record.warnings, *(replay.recordings.warnings if replay else ()))

    def _replay(self, recorded: ChatResult | None) -> bool:
        """Take a recorded answer for that of the current round; return whether there is one."""
        if recorded is None:
            return False
        self.request = as_written(recorded.request, self.request)
        self.answer = RecordedAnswer(self.request, recorded.reply)
        self._recorded.append(recorded)
        self._on_change()
        return True

    async def _replay_round(self) -> bool:
        """Look up the answer of a later round; return whether it is recorded."""
        replay = self._call.replay
        if replay is None:
            return False
        return self._replay(await asyncio.to_thread(replay.find, self.request))

    async def _keep_answer(self) -> None:
        """Record the answer of the current round, if it is whole."""
        replay = self._call.replay
        if replay is None or self._is_replayed:
            return
        result = self._round_result(self.answer.reply())
        if is_whole(result.reply, self.request.n):
            self._kept_timing = result.timing
            asked = None if self.rounds else replay.asked
            await asyncio.to_thread(
                replay.recordings.keep, result, replay.draw, asked, self._record.execution
            )

    def _top_up_of(self, request: ChatRequest, limit: int | None = None) -> TopUp:
        return TopUp(request, self._call.price, limit, answer_keys)

    def partial(self) -> ChatResult | None:
        """Return what has arrived, marked as interrupted; None if nothing has."""
        return self.result("interrupted") if self.has_output else None

    def _round_result(self, reply: Reply) -> ChatResult:
        """Return the current round alone, as it is recorded."""
        request, prefill_warnings = check_prefill(self.request, reply, self._prefill_mode)
        warnings = [*request.warnings, *prefill_warnings, *reply.warnings, *logprob_warnings(reply)]
        warnings += [*ignored_parameters(request, reply), *empty_answers(request, reply)]
        cost = cost_of(reply.usage, self._call.price, service_tier(request, reply))
        return ChatResult(
            request, reply, self._round_timing(), tuple(dict.fromkeys(warnings)), cost=cost
        )

    def result(self, unfinished: str | None = None) -> ChatResult:
        """Return everything that has arrived.

        Args:
            unfinished: The finish reason of choices without one: `error` or `interrupted`.
        """
        rounds, request = self._tool_loop.state() if self._tool_loop else ((), None)
        reply = Reply() if request else self.answer.reply(unfinished)
        request = replace(request or self.request, destination=self._destination)
        request, prefill_warnings = check_prefill(request, reply, self._prefill_mode)
        warnings = [*request.warnings, *self._kept_warnings, *prefill_warnings]
        if self._tool_loop:
            warnings += self._tool_loop.warnings
        warnings += [*reply.warnings, *logprob_warnings(reply)]
        warnings += unscored_warnings(request.score, reply.choices)
        if unfinished is None:
            warnings += ignored_parameters(request, reply)
            warnings += empty_answers(request, reply)
            warnings += self._tool_loop.limit_warnings(request, reply) if self._tool_loop else ()
        if len(self._recorded) > len(rounds):
            return self._recorded_result(rounds)
        usage = total_usage([*(round_.reply.usage for round_ in rounds), reply.usage])
        return ChatResult(
            request,
            reply,
            self._timing(rounds),
            tuple(dict.fromkeys(warnings)),
            self._call.schema,
            cost_of(usage, self._call.price, service_tier(request, reply)),
            rounds,
            _history=self._record.number,
        )

    def _recorded_result(self, rounds: tuple[ToolRound, ...]) -> ChatResult:
        """Return the answer where every round is a recorded one."""
        last, costs = self._recorded[-1], [recorded.cost for recorded in self._recorded]
        tool_loop = self._tool_loop
        warnings: list[str] = [*self._kept_warnings]
        warnings += tool_loop.warnings if tool_loop else ()
        warnings += last.warnings
        warnings += tool_loop.limit_warnings(self.request, last.reply) if tool_loop else ()
        times = [recorded.timing for recorded in self._recorded]
        timing = msgspec.structs.replace(
            last.timing, ttft_s=times[0].ttft_s, total_s=sum(timing.total_s for timing in times)
        )
        return replace(
            last,
            request=self.request,
            timing=timing,
            warnings=tuple(dict.fromkeys(warnings)),
            schema=self._call.schema,
            cost=None if None in costs else sum(cost for cost in costs if cost is not None),
            rounds=rounds,
            _history=self._record.number,
        )

    async def _send_round(self, timeout_s: float | None) -> None:
        await self._send(
            self.answer.main_request, self.answer.main, self._round_stopwatch, timeout_s
        )

    async def _send(
        self,
        request: ChatRequest,
        assembler: Assembler,
        stopwatch: Stopwatch,
        timeout_s: float | None = None,
        label: str = "",
    ) -> None:
        """Send a request to the server of its model, and feed the answer to an assembler."""
        session = self._session
        endpoint = await endpoint_of(session, self._call, request, self._on_progress)
        if request.prefill:
            endpoint = await session.prefill_modes.resolve(session.http, endpoint)
        self._prefill_mode = endpoint.prefill
        self._destination = Destination(
            url=None if local.is_local(request.model or "") else endpoint.address,
            model=endpoint.model,
        )
        price, usual_tokens = self._call.price, self._budget.usual_tokens
        dollars = estimated_cost(request, price, unlimited_tokens=usual_tokens)
        send, body = await self._way(request, endpoint, assembler)
        async with self._budget.reserve(dollars) as reservation:
            try:
                await send(
                    endpoint,
                    body,
                    assembler,
                    retries=self._call.limits.retries,
                    timeout_s=timeout_s,
                    on_change=self._on_arrival,
                    on_wait=lambda words: self._on_progress(label + words),
                    on_events=self._record.listen(request, assembler.number),
                    stopwatch=stopwatch,
                )
            finally:
                reservation.cost = self._cost_so_far(request, assembler)

    async def _way(
        self, request: ChatRequest, endpoint: Endpoint, assembler: Assembler
    ) -> tuple[Callable[..., Awaitable[None]], Mapping[str, Any]]:
        """Return how a request is sent to its server, and its body."""
        session, body = self._session, body_for(request, endpoint)
        if request.score is not None:
            return partial(score_exchange, session, request.score), body
        wire = await wire_of(session, endpoint, body)
        if wire.warning:
            assembler.warn(wire.warning)
        silence_s = self._call.limits.timeout_s
        send = partial(
            exchange,
            session.http,
            silence_s=silence_s,
            pace=self._pace,
            url=wire.url,
            translate=wire.translate,
        )
        return send, wire.body

    def _cost_so_far(self, request: ChatRequest, assembler: Assembler) -> float | None:
        """Return what a request has cost, None if that is not known; a refused one is free."""
        if self._budget.is_unlimited:
            return None
        if not assembler.has_output:
            return 0.0
        reply = assembler.reply()
        return cost_of(reply.usage, self._call.price, service_tier(request, reply))

    async def _top_up(self, concurrency: int) -> None:
        gate = asyncio.Semaphore(concurrency)

        async def send_in_turn(request: ChatRequest, assembler: Assembler) -> None:
            async with gate:
                label = f"choice {assembler.number}: "
                await self._send(request, assembler, Stopwatch(), label=label)

        requests = self.answer.extra_requests()
        outcomes = await asyncio.gather(
            *(send_in_turn(*request) for request in requests), return_exceptions=True
        )
        failed = {
            assembler.number: outcome
            for (_, assembler), outcome in zip(requests, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        }
        for index, error in failed.items():
            if isinstance(error, BudgetExceeded):
                raise error
            raise StreamBroken(
                f"n {self.request.n}: {len(failed)} of the missing choices did not arrive: "
                f"choice {index}: {error}"
            ) from error

    async def _next_round(self, tool_loop: ToolLoop) -> bool:
        """Run the tools that the complete answer calls; return whether a next request follows."""
        reply = self.answer.reply()
        request = await tool_loop.run_round(
            self.request, reply, self._round_timing(), self._on_change
        )
        if request is None:
            return False
        self.request = request
        self.answer = self._top_up_of(request)
        self._round_stopwatch = Stopwatch()
        self._kept_timing = None
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
        if self._kept_timing is not None:
            return self._kept_timing
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
        is_kept = self._kept_timing is not None and not rounds
        total_s = last.total_s if is_kept else self.elapsed_s
        return msgspec.structs.replace(last, ttft_s=first.ttft_s, total_s=total_s)


def with_schema_warnings(result: ChatResult) -> ChatResult:
    """Add warnings about answers that do not fit their schema.

    This may run code of the user's types, so it must run in the caller's thread, not on the loop.
    """
    if result.schema is None:
        return result
    errors = validation_errors(result.choices, result.schema, result.prefill)
    return replace(result, warnings=(*result.warnings, *errors))
