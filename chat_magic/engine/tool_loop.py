"""The rounds of one answer: the model calls, functions of the notebook run, the model goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.core.reply.conversation import conversation
from chat_magic.core.reply.cost import cost_of
from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.reply.tool_rounds import ToolRound
from chat_magic.core.reply.top_up import TopUp
from chat_magic.core.reply.usage import total_usage
from chat_magic.core.request.messages import Message
from chat_magic.core.request.tools import is_forced
from chat_magic.engine.tool_functions import NO_TOOLS, RunningCall, Toolbox
from chat_magic.results.chat_result import ChatResult
from chat_magic.transport import configuration
from chat_magic.transport.exchange import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema

__all__ = ["Rounds"]


class Rounds:
    """How far the answer to a request has come; one thread works on it, others may read it.

    Args:
        request: A prepared request; `request` is then the one of the round that goes on.
        toolbox: The functions that may be run.
        schema: What the last answer is to be, if the request asks for that.
    """

    def __init__(
        self,
        request: ChatRequest,
        toolbox: Toolbox = NO_TOOLS,
        schema: Schema | None = None,
    ) -> None:
        self.request = request
        self.watch = Stopwatch()
        """Measures from the first request."""
        self.done: tuple[ToolRound, ...] = ()
        toolbox.check(request)
        self._toolbox = toolbox
        self._schema = schema
        self._price = configuration.price_of(request.model or "")
        self._answered: ToolRound | None = None
        """The round whose calls run now."""
        self._running: tuple[RunningCall, ...] = ()
        self._warnings: list[str] = []
        self.answer = TopUp(request, self._price)
        """What has come in the round that goes on."""
        self.round_watch = self.watch

    @property
    def has_output(self) -> bool:
        """Whether anything has come in any round."""
        return bool(self.done) or self.answer.main.has_output

    @property
    def note(self) -> str | None:
        """What is done beside the answer that comes, in words: calls, further requests."""
        running = [each.words for each in self._running if not each.is_done]
        return f"calling {', '.join(running)}" if running else self.answer.note

    async def run_calls(self, on_change: Callable[[], None] | None = None) -> bool:
        """Run what the complete answer calls; return whether a next request follows.

        Args:
            on_change: Called when the calls begin and when they have ended.
        """
        reply = self.answer.reply()
        calls = self._toolbox.calls_to_run(self.request, reply)
        if not calls or len(self.done) == self._toolbox.max_rounds:
            return False
        self._warnings += [*reply.warnings, *ignored_parameters(self.request, reply)]
        self._answered = ToolRound(reply=reply, timing=self._timing())
        self._running = tuple(
            RunningCall(call, self._toolbox.functions.get(call.function.name)) for call in calls
        )
        if on_change:
            on_change()
        await asyncio.gather(*(each.run() for each in self._running))
        self.request, self.done = self._after_calls()
        self._answered, self._running = None, ()
        self.answer = TopUp(self.request, self._price)
        self.round_watch = Stopwatch()
        if on_change:
            on_change()
        return True

    def _after_calls(self) -> tuple[ChatRequest, tuple[ToolRound, ...]]:
        """Return the request that follows the calls, and the rounds with this one."""
        assert self._answered is not None, "calls run in an answered round"  # noqa: S101
        runs = tuple(each.tool_run() for each in self._running)
        answers = (Message(role="tool", tool_call_id=run.id, content=run.content) for run in runs)
        messages = (*conversation(self.request, self._answered.reply.choices[0].message), *answers)
        parameters = {
            name: value
            for name, value in self.request.parameters.items()
            if not (name == "tool_choice" and is_forced(value))
        }
        request = replace(self.request, messages=messages, parameters=parameters)
        return request, (*self.done, msgspec.structs.replace(self._answered, tool_runs=runs))

    def result(self, unfinished: str | None = None) -> ChatResult:
        """Return all that has come.

        Args:
            unfinished: Finish reason for what has none: `error`, `interrupted`.
        """
        request, rounds, reply = self.request, self.done, self.answer.reply(unfinished)
        if self._answered is not None:
            request, rounds = self._after_calls()
            reply = Reply()
        warnings = [*request.warnings, *self._warnings, *reply.warnings, *logprob_warnings(reply)]
        if unfinished is None:
            warnings += [*ignored_parameters(request, reply), *self._limit(reply)]
        unique = tuple(dict.fromkeys(warnings))
        usage = total_usage([*(each.reply.usage for each in rounds), reply.usage])
        cost = cost_of(usage, self._price)
        timing = self._total_timing()
        return ChatResult(request, reply, timing, unique, self._schema, cost, rounds)

    def _limit(self, reply: Reply) -> Sequence[str]:
        """Warn of calls that were not run because there had been enough."""
        if not self._toolbox.calls_to_run(self.request, reply):
            return ()
        rounds = f"{len(self.done)} round{'' if len(self.done) == 1 else 's'}"
        return [f"the model called tools again after {rounds}: a higher max_tool_rounds runs them"]

    def _timing(self) -> Timing:
        """Return the times of the round that goes on."""
        first, total_s = self.answer.main.first_text_ms, self.round_watch.elapsed_s
        is_streamed = self.answer.main.n_events > 1
        ttft_s = first / 1000 if first is not None and is_streamed else None
        count = self.answer.n_tokens
        rate = (
            (count - 1) / (total_s - ttft_s)
            if ttft_s is not None and count > 1 and total_s > ttft_s
            else None
        )
        return Timing(ttft_s=ttft_s, total_s=total_s, tokens_per_s=rate)

    def _total_timing(self) -> Timing:
        """Return the times of all: from the first request, at the speed of the last answer."""
        last = self._answered.timing if self._answered else self._timing()
        first = self.done[0].timing if self.done else last
        return msgspec.structs.replace(last, ttft_s=first.ttft_s, total_s=self.watch.elapsed_s)
