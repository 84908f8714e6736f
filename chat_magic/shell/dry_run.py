"""What would be sent, as `--dry-run` prints it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.grid_task import Plan


def described(plan: Plan) -> str:
    """Write the requests of a plan: how many, where each stands and would go, and its body."""
    from chat_magic.core.cell.grid import title_of

    if not plan.axes:
        return _request(plan.requests[0])
    sizes = " x ".join(f"{len(axis.titles)} {axis.name}" for axis in plan.axes)
    count = len(plan.requests)
    parts = [f"{count} request{'s'[: count != 1]}: {sizes}"]
    for run, request in enumerate(plan.requests):
        where = ", ".join(f"{name} {title_of(v)}" for name, v in plan.coordinates[run].items())
        parts.append(f"── {run}: {where} ──\n{_request(request)}")
    return "\n\n".join(parts)


def _request(request: ChatRequest) -> str:
    from chat_magic.transport.endpoints import describe

    try:
        place = describe(request.model or "")
    except InvalidRequest as error:
        place = str(error)
    return f"{place}\n{json.dumps(request.body(), indent=2, ensure_ascii=False)}"
