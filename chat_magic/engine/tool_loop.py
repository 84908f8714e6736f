"""The rounds of one answer in which the model calls functions and continues with their results."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chat_magic.core.reply.conversation import conversation
from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.tool_rounds import ToolRound
from chat_magic.core.request.messages import Message
from chat_magic.core.request.tools import is_forced
from chat_magic.engine.tool_call_task import ToolCallTask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.reply.reply import Reply, Timing
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.tool_functions import ToolFunctions

__all__ = ["ToolLoop"]


class ToolLoop:
    """Runs the tools that answers call, on the loop; other threads may read its state.

    Args:
        tools: The functions that the model may call, and the most rounds of calls.
    """

    def __init__(self, tools: ToolFunctions) -> None:
        self.warnings: list[str] = []
        """The warnings of the complete rounds and the open one."""
        self._tools = tools
        self._progress: tuple[tuple[ToolRound, ...], _OpenRound | None] = ((), None)
        """The complete rounds and the open one, in one value so that threads read both together."""

    @property
    def rounds(self) -> tuple[ToolRound, ...]:
        """The complete rounds."""
        return self._progress[0]

    @property
    def has_rounds(self) -> bool:
        """Whether there is any round, complete or open."""
        return self._progress != ((), None)

    @property
    def note(self) -> str | None:
        """Which calls are running, in words; None if none are."""
        open_round = self._progress[1]
        calls = open_round.calls if open_round else ()
        running = [call.description for call in calls if not call.is_done]
        return f"calling {', '.join(running)}" if running else None

    async def run_round(
        self, request: ChatRequest, reply: Reply, timing: Timing, on_change: Callable[[], None]
    ) -> ChatRequest | None:
        """Run the tools that a complete answer calls; the round stays open until it is closed.

        Args:
            request: The request of the round.
            reply: Its answer.
            timing: The times of that answer.
            on_change: Called when the calls have started.

        Returns:
            The next request; None if no tool is called, or the limit is reached.
        """
        calls = self._tools.calls_to_run(request, reply)
        if not calls or len(self.rounds) == self._tools.max_rounds:
            return None
        self.warnings += [*reply.warnings, *ignored_parameters(request, reply)]
        functions = self._tools.functions
        tasks = tuple(ToolCallTask(call, functions.get(call.called.name)) for call in calls)
        open_round = _OpenRound(request, reply, timing, tasks)
        self._progress = self.rounds, open_round
        on_change()
        await asyncio.gather(*(task.run() for task in tasks))
        return open_round.next_request()

    def close_round(self) -> None:
        """Count the open round as complete."""
        rounds, open_round = self._progress
        if open_round:
            self._progress = (*rounds, open_round.as_round()), None

    def state(self) -> tuple[tuple[ToolRound, ...], ChatRequest | None]:
        """Return the rounds so far, the open one included.

        Returns:
            The rounds, and the request that follows them while a round is open, which has not been
            sent; None while no round is open.
        """
        rounds, open_round = self._progress
        if open_round is None:
            return rounds, None
        return (*rounds, open_round.as_round()), open_round.next_request()

    def limit_warnings(self, request: ChatRequest, reply: Reply) -> Sequence[str]:
        """Warn about calls that were not run because the limit was reached."""
        if not self._tools.calls_to_run(request, reply):
            return ()
        rounds = f"{len(self.rounds)} round{'' if len(self.rounds) == 1 else 's'}"
        return [f"the model called tools again after {rounds}: a higher max_tool_rounds runs them"]


@dataclass(frozen=True)
class _OpenRound:
    """An answer whose calls are running."""

    request: ChatRequest
    reply: Reply
    timing: Timing
    calls: tuple[ToolCallTask, ...]

    def as_round(self) -> ToolRound:
        """Return the round with the present state of its calls."""
        runs = tuple(call.tool_run() for call in self.calls)
        return ToolRound(reply=self.reply, timing=self.timing, tool_runs=runs)

    def next_request(self) -> ChatRequest:
        """Return the request that follows; it no longer forces a tool."""
        runs = (call.tool_run() for call in self.calls)
        results = (Message(role="tool", tool_call_id=run.id, content=run.content) for run in runs)
        parameters = {
            name: value
            for name, value in self.request.parameters.items()
            if not (name == "tool_choice" and is_forced(value))
        }
        messages = (*conversation(self.request, self.reply.choices[0].message), *results)
        return replace(self.request, messages=messages, parameters=parameters)
