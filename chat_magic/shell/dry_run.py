"""The output of `--dry-run`: the requests that would be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.transport.endpoints import EndpointResolver


def describe_plan(plan: GridPlan, endpoints: EndpointResolver) -> str:
    """Describe the requests of a plan: their number, coordinates, destinations and bodies."""
    from chat_magic.core.cell.grid import title_of

    requests = [call.request for call in plan.calls]
    if not plan.axes:
        return _describe(requests[0], endpoints)
    sizes = " x ".join(f"{len(axis.titles)} {axis.name}" for axis in plan.axes)
    count = len(requests)
    parts = [f"{count} request{'s'[: count != 1]}: {sizes}"]
    for run, (request, coordinates) in enumerate(zip(requests, plan.coordinates, strict=True)):
        where = ", ".join(f"{name} {title_of(value)}" for name, value in coordinates.items())
        parts.append(f"── {run}: {where} ──\n{_describe(request, endpoints)}")
    return "\n\n".join(parts)


def _describe(request: ChatRequest, endpoints: EndpointResolver) -> str:
    try:
        target = endpoints.describe(request.model or "")
    except InvalidRequest as error:
        target = str(error)
    return f"{target}\n{json.dumps(request.body(), indent=2, ensure_ascii=False)}"
