"""The calls of a cell or a grid, all of them prepared and checked before the first is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.grid import title_of
from chat_magic.core.cell.options import DEFAULT_CONCURRENCY, MAX_CONCURRENCY
from chat_magic.core.reply.cost import estimated_cost
from chat_magic.engine.check_plan import NO_CHECKS, CheckPlan
from chat_magic.engine.prepare import (
    DEFAULT_LIMITS,
    PreparedCall,
    RequestLimits,
    prepare_call,
)
from chat_magic.engine.tool_functions import NO_TOOLS
from chat_magic.errors import InvalidRequest
from chat_magic.transport.attachments import inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis, Variant
    from chat_magic.core.request.label_set import LabelSet
    from chat_magic.core.request.messages import Message
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.replay import Recordings
    from chat_magic.engine.session import Session
    from chat_magic.engine.tool_functions import ToolFunctions
    from chat_magic.results.chat_result import ChatResult

__all__ = ["GridPlan", "check_concurrency", "plan_grid"]

_NO_SCHEMAS: Mapping[str, Schema] = {}


@dataclass(frozen=True, kw_only=True)
class GridPlan:
    """Prepared calls in row-major order of their axes; a single call without axes."""

    calls: tuple[PreparedCall, ...]
    axes: tuple[Axis, ...] = ()
    coordinates: tuple[Mapping[str, Any], ...] = ({},)
    """For each call, its value by the name of the axis."""
    concurrency: int = DEFAULT_CONCURRENCY
    """Calls that run at a time."""
    checks: CheckPlan = NO_CHECKS
    """What the answers are checked for."""

    schema: Schema | None = None
    """The form of the answers, which decides the columns of their tables if there are none."""
    labels: LabelSet | None = None
    """The possible answers, likewise."""

    @property
    def size(self) -> str:
        """How many requests there are, along which axes, and what they cost at most, if known."""
        count = len(self.calls)
        sizes = " \N{MULTIPLICATION SIGN} ".join(axis.size for axis in self.axes)
        cost = ""
        if self.calls and all(call.price for call in self.calls):
            dollars = sum(estimated_cost(call.request, call.price) for call in self.calls)
            cost = f", at most about ${dollars:.2g}"
        return f"{count} request{'s'[: count != 1]} ({sizes}){cost}"

    @property
    def models(self) -> str:
        """The distinct models of the calls, joined by commas."""
        return ", ".join(dict.fromkeys(call.request.model or "" for call in self.calls))


def plan_grid(
    session: Session,
    axes: Sequence[Axis],
    variants: Sequence[Variant],
    *,
    after: ChatResult | None = None,
    choice: int | None = None,
    schema: Schema | None = None,
    schemas: Mapping[str, Schema] = _NO_SCHEMAS,
    tools: ToolFunctions = NO_TOOLS,
    limits: RequestLimits = DEFAULT_LIMITS,
    concurrency: int = DEFAULT_CONCURRENCY,
    recordings: Recordings | None = None,
    labels: LabelSet | None = None,
    checks: CheckPlan = NO_CHECKS,
) -> GridPlan:
    """Prepare the calls of a grid, or the single call if there are no axes.

    Args:
        session: The session whose settings complete the requests.
        axes: The axes along which the requests differ.
        variants: The requests as they were written.
        after: A result whose conversation precedes the messages of each request.
        choice: The index of the choice of `after` to continue from; by default its first.
        schema: The form that the answers must have.
        schemas: Those of single prompts, by their titles, where `schema` gives none.
        tools: The functions that the models may call.
        limits: How long each answer may take, and how often its request is sent.
        concurrency: Calls that run at a time.
        recordings: Where recorded answers are looked up; None if they are not.
        labels: The possible answers, as the requests have them.
        checks: What the answers are checked for.

    Raises:
        InvalidRequest: A request is incomplete or contradictory; the message names which one.
    """
    if axes:
        limits = replace(limits, top_up_concurrency=1)
    calls = []
    for variant in _inlined(variants):
        try:
            call = prepare_call(
                session, variant.request,
                after=after, choice=choice, tools=tools, limits=limits,
                schema=schema or schemas.get(variant.coordinates.get("prompt", "")),
                recordings=recordings,
            )  # fmt: skip
        except InvalidRequest as error:
            raise _located(error, variant) from error
        calls.append(call)
    return GridPlan(
        calls=tuple(calls),
        axes=tuple(axes),
        coordinates=tuple(variant.coordinates for variant in variants),
        concurrency=concurrency,
        schema=schema,
        labels=labels,
        checks=checks,
    )


def _inlined(variants: Sequence[Variant]) -> Iterator[Variant]:
    """Read the attached files, once for all requests with the same messages."""
    inlined: dict[int, tuple[Message, ...]] = {}
    for variant in variants:
        request, key = variant.request, id(variant.request.messages)
        if key not in inlined:
            inlined[key] = inline(request).messages
        yield replace(variant, request=replace(request, messages=inlined[key]))


def _located(error: InvalidRequest, variant: Variant) -> InvalidRequest:
    """Add the coordinates of its request to an error."""
    coordinates = variant.coordinates.items()
    where = " · ".join(f"{name} {title_of(value)}" for name, value in coordinates)
    message = f"{where}: {error.message}" if where else error.message
    return InvalidRequest(message, line=error.line, column=error.column)


def check_concurrency(value: int) -> int:
    """Return the concurrency of a grid if it is valid.

    Raises:
        InvalidRequest: It is out of range.
    """
    if type(value) is not int or not 1 <= value <= MAX_CONCURRENCY:
        raise InvalidRequest(f"concurrency {value}: must be a whole number, 1 to {MAX_CONCURRENCY}")
    return value
