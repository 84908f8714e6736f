"""The output of `--dry-run`: the requests that would be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.transport.endpoints import EndpointResolver


def describe_plan(plan: GridPlan, endpoints: EndpointResolver) -> str:
    """Describe the requests of a plan: their number, coordinates, destinations and bodies."""
    from chat_magic.core.cell.grid import title_of

    if not plan.axes:
        return _describe(plan.calls[0], endpoints)
    parts = [plan.size]
    for run, (call, coordinates) in enumerate(zip(plan.calls, plan.coordinates, strict=True)):
        where = ", ".join(f"{name} {title_of(value)}" for name, value in coordinates.items())
        parts.append(f"── {run}: {where} ──\n{_describe(call, endpoints)}")
    return "\n\n".join(parts)


def _describe(call: PreparedCall, endpoints: EndpointResolver) -> str:
    from chat_magic.engine.prepare import body_for

    try:
        target = endpoints.describe(call.request.model or "")
    except InvalidRequest as error:
        target = str(error)
    body = body_for(call.request, call.endpoint)
    return f"{target}\n{json.dumps(body, indent=2, ensure_ascii=False)}"
