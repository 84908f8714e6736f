"""Grids of requests: all checked before the first is sent, then so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.grid import (
    check_axes,
    expand,
    models_axis,
    sweep_axis,
    title_of,
    vary_axis,
)
from chat_magic.core.cell.options import DEFAULT_CONCURRENCY, MAX_CONCURRENCY
from chat_magic.core.cell.per_model import read_per_model
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.request.response_format import with_response_format
from chat_magic.engine.chat import Asking, Limits, Run, checked, limits, prepare, written
from chat_magic.engine.task_handle import BackgroundRun
from chat_magic.engine.tool_functions import NO_TOOLS
from chat_magic.engine.tool_loop import Rounds
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.transport.attachments import inline
from chat_magic.transport.exchange import Stopwatch
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chat_magic.core.cell.grid import Axis, Variant
    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.tool_functions import Toolbox

__all__ = ["Part", "Plan", "Sweep", "chat_grid", "check_concurrency", "plan", "start"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Requests that are complete and checked, and what else they have in common."""

    axes: tuple[Axis, ...]
    requests: tuple[ChatRequest, ...]
    coordinates: tuple[Mapping[str, Any], ...]
    schema: Schema | None = None
    toolbox: Toolbox = NO_TOOLS

    @property
    def models(self) -> str:
        """The models that are asked, each once, in words."""
        return ", ".join(dict.fromkeys(request.model or "" for request in self.requests))


def plan(
    axes: Sequence[Axis],
    variants: Sequence[Variant],
    *,
    schema: Schema | None = None,
    toolbox: Toolbox = NO_TOOLS,
    after: ChatResult | None = None,
    choice: int | None = None,
) -> Plan:
    """Prepare the requests of a grid, or the sole one where there is no axis.

    Args:
        axes: What the requests differ in.
        variants: The requests as they were written.
        schema: What the answers are to be.
        toolbox: The functions that the models may have called.
        after: A result whose conversation comes before all of them.
        choice: The index of the choice to continue from; the first choice by default.

    Raises:
        InvalidRequest: One lacks something, or does not go together; it says which.
    """
    requests = []
    for variant in _inlined(variants):
        try:
            request = prepare(
                with_response_format(variant.request, schema), after=after, choice=choice
            )
            toolbox.check(request)
        except InvalidRequest as error:
            placed = variant.coordinates.items()
            where = " · ".join(f"{name} {title_of(value)}" for name, value in placed)
            words = f"{where}: {error.message}" if where else error.message
            raise InvalidRequest(words, line=error.line, column=error.column) from error
        requests.append(request)
    return Plan(
        axes=tuple(axes),
        requests=tuple(requests),
        coordinates=tuple(variant.coordinates for variant in variants),
        schema=schema,
        toolbox=toolbox,
    )


def _inlined(variants: Sequence[Variant]) -> Iterator[Variant]:
    """Read the files that messages attach, once for all requests of the same messages."""
    found: dict[int, tuple[Message, ...]] = {}
    for variant in variants:
        request, key = variant.request, id(variant.request.messages)
        if key not in found:
            found[key] = inline(request).messages
        yield replace(variant, request=replace(request, messages=found[key]))


def check_concurrency(value: int) -> int:
    """Return how many requests of a grid may be under way at a time.

    Raises:
        InvalidRequest: It is out of its range.
    """
    if type(value) is not int or not 1 <= value <= MAX_CONCURRENCY:
        raise InvalidRequest(f"concurrency {value}: must be a whole number, 1 to {MAX_CONCURRENCY}")
    return value


def start(plan: Plan, limits: Limits, concurrency: int = DEFAULT_CONCURRENCY) -> Run | Sweep:
    """Begin with the requests of a plan: a run where there is no axis, else a sweep."""
    if not plan.axes:
        return Run(plan.requests[0], limits, plan.schema, plan.toolbox)
    return Sweep(plan, limits, concurrency)


class Part:
    """One run of a grid: its request, and how far its answer is; others may read it."""

    def __init__(self, request: ChatRequest, coordinates: Mapping[str, Any], plan: Plan) -> None:
        self.request = request
        self.coordinates = coordinates
        self.rounds: Rounds | None = None
        """How far the answer is; None while it waits for its turn."""
        self.fault: Exception | None = None
        """What it failed of."""
        self.is_done = False
        self._plan = plan
        self._asking: Asking | None = None
        self._result: ChatResult | None = None

    @property
    def error(self) -> str | None:
        """Why it failed, in one line."""
        if self.fault is None:
            return None
        return " ".join(str(self.fault).split()) or type(self.fault).__name__

    @property
    def note(self) -> str | None:
        """What is being done while no answer comes, in words."""
        return None if self.is_done or self._asking is None else self._asking.note

    def texts(self) -> tuple[Sequence[str], Sequence[str | None]]:
        """Return what each choice has written so far, and its finish reason, None while it goes."""
        if self._result is not None:
            choices = self._result.choices
            return [one.text for one in choices], [one.finish_reason for one in choices]
        if self.rounds is None:
            return (), ()
        answer = self.rounds.answer
        return answer.texts(), answer.finish_reasons()

    async def answer(self, limits: Limits, on_change: Callable[[], None]) -> None:
        """Send the request and take what comes; a fault is its end, and not that of the others."""
        self.rounds = Rounds(self.request, self._plan.toolbox, self._plan.schema)
        self._asking = Asking(self.rounds, limits, on_change)
        try:
            self._result = await self._asking.answer()
        except Exception as error:  # whatever it is, the other runs go on
            self.fault = error
            self._result = self.rounds.result("error")
        self.is_done = True
        on_change()

    def result(self) -> tuple[ChatResult, str | None]:
        """Return what has come so far, and why it is not all."""
        if self._result is not None:
            return self._result, self.error
        if self.rounds is not None:
            return self.rounds.result("interrupted"), "interrupted"
        request = self.request
        empty = ChatResult(request, Reply(), Timing(), request.warnings, self._plan.schema)
        return empty, "interrupted before it was sent"


class Sweep(BackgroundRun[ChatResults]):
    """A grid of requests that is being answered, on the background loop.

    Args:
        plan: The requests.
        limits: How long each may take, and how often it is sent.
        concurrency: How many requests are under way at a time.
    """

    def __init__(self, plan: Plan, limits: Limits, concurrency: int = DEFAULT_CONCURRENCY) -> None:
        super().__init__()
        self.axes = plan.axes
        self.parts = tuple(
            Part(request, coordinates, plan)
            for request, coordinates in zip(plan.requests, plan.coordinates, strict=True)
        )
        self._watch = Stopwatch()
        self._limits = replace(limits, at_once=1)
        self._concurrency = concurrency
        self.start()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""
        return self._watch.elapsed_s

    @property
    def n_done(self) -> int:
        """Runs that have ended, well or not."""
        return sum(part.is_done for part in self.parts)

    @property
    def note(self) -> str | None:
        """How many runs have ended, and what is being done where no answer comes."""
        return " · ".join([f"{self.n_done} of {len(self.parts)} done", *self.notes])

    @property
    def notes(self) -> list[str]:
        """What is being done where no answer comes, each thing once."""
        return list(dict.fromkeys(part.note for part in self.parts if part.note))

    async def _answer(self) -> ChatResults:
        gate = asyncio.Semaphore(self._concurrency)

        async def answer_in_turn(part: Part) -> None:
            async with gate:
                await part.answer(self._limits, self._change)

        await asyncio.gather(*map(answer_in_turn, self.parts))
        found = self._results()
        if len(found.errors) == len(self.parts):
            raise _all_failed(found) from self.parts[0].fault
        return found

    def _results(self) -> ChatResults:
        results, errors = zip(*(part.result() for part in self.parts), strict=True)
        failed = {run: error for run, error in enumerate(errors) if error is not None}
        coordinates = tuple(part.coordinates for part in self.parts)
        return ChatResults(tuple(results), self.axes, coordinates, failed)

    def _so_far(self) -> ChatResults | None:
        has_output = any(part.rounds is not None and part.rounds.has_output for part in self.parts)
        return self._results() if has_output else None

    def _accepted(self, value: ChatResults) -> ChatResults:
        return replace(value, results=tuple(map(checked, value.results)))


def _all_failed(results: ChatResults) -> ChatError:
    words = tuple(dict.fromkeys(results.errors.values()))
    others = f" (and {len(words) - 1} other reason{'s'[: len(words) != 2]})" if words[1:] else ""
    count = f"all {len(results)} runs failed: " if len(results) > 1 else ""
    error = ChatError(f"{count}{words[0]}{others}")
    error.result = results
    return error


def chat_grid(
    messages: str | Sequence[Mapping[str, Any] | Message],
    *,
    models: Sequence[str] | None = None,
    sweep: Mapping[str, Sequence[Any]] | None = None,
    vary: Mapping[str, Sequence[Any] | Mapping[Any, Any]] | None = None,
    per_model: Mapping[str, Mapping[str, Any]] | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
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
) -> ChatResults:
    """Ask with every combination of some models, values and wordings, and wait for all answers.

    Args:
        messages: As for `chat`; they are templates where `vary` or `variables` is given.
        models: The models to ask, as `vendor/model`.
        sweep: Values by parameter, or by `model`; `UNSET` and "unset" are values.
        vary: By variable of the templates a list of its values, or a dict whose keys title them.
        per_model: By model, as written, the parameters that it alone gets; None or `UNSET` for
            one that it is not to get.
        concurrency: How many requests are under way at a time, 1 to 64.
        model: As for `chat`; so are all others.
        after: As for `chat`.
        variables: As for `chat`.
        timeout: Seconds that each answer may take.
        retries: As for `chat`.
        top_up: As for `chat`.
        extra: As for `chat`.
        schema: As for `chat`.
        max_tool_rounds: As for `chat`.
        **parameters: As for `chat`.

    Returns:
        The results in row-major order: models first, then sweeps, then what varies, the last
        changing fastest. A run that failed is told by `.errors`.

    Raises:
        InvalidRequest: One request was refused; nothing was sent.
        ChatError: All of them failed; `.result` has what came, `__cause__` is what the first
            failed of.
        ChatInterrupted: It was interrupted; likewise.
    """
    for name, given in (("sweep", sweep), ("vary", vary)):
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequest(f"{name}: must be a dict of names and their values")
    axes = _axes(models, sweep or {}, vary or {})
    for axis in axes:
        if axis.name in parameters or (axis.name == "model" and model is not None):
            raise InvalidRequest(f"{axis.name} is given by itself, and as an axis of the grid")
    own, asked = read_per_model(per_model), load_schema(schema)
    toolbox = NO_TOOLS

    def read(bound: Mapping[str, Any]) -> ChatRequest:
        nonlocal toolbox
        seen = None if variables is None and not vary else bound
        request, toolbox = written(messages, model, seen, extra, parameters, max_tool_rounds)
        return replace(request, per_model=own)

    variants = expand(axes, variables or {}, read)
    ready = plan(axes, variants, schema=asked, toolbox=toolbox, after=after)
    allowed = limits(timeout_s=timeout, retries=retries, top_up=top_up)
    return Sweep(ready, allowed, check_concurrency(concurrency)).wait()


def _axes(
    models: Sequence[str] | None,
    sweep: Mapping[str, Sequence[Any]],
    vary: Mapping[str, Sequence[Any] | Mapping[Any, Any]],
) -> tuple[Axis, ...]:
    axes = [] if models is None else [models_axis(models, "models")]
    axes += [sweep_axis(name, values) for name, values in sweep.items()]
    axes += [vary_axis(name, values, f"vary {name}") for name, values in vary.items()]
    check_axes(axes)
    return tuple(axes)
