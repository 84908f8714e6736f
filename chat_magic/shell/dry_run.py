"""The output of `--dry-run`: the requests that would be sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.transport import local

if TYPE_CHECKING:
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import EndpointResolver


_MOST_SHOWN = 20
"""Requests of a grid that are shown; of a larger one only the first few are."""
_FIRST = 2


def describe_plan(plan: GridPlan, endpoints: EndpointResolver) -> str:
    """Describe the requests of a plan: their number, coordinates, destinations and bodies.

    Of more than 20 the first two are described.
    """
    from chat_magic.core.cell.grid import title_of

    if not plan.axes:
        return _describe(plan.calls[0], endpoints)
    parts, count = [plan.size], len(plan.calls)
    shown = plan.calls[: count if count <= _MOST_SHOWN else _FIRST]
    for run, (call, coordinates) in enumerate(zip(shown, plan.coordinates, strict=False)):
        where = ", ".join(f"{name} {title_of(value)}" for name, value in coordinates.items())
        parts.append(f"── {run}: {where} ──\n{_describe(call, endpoints)}")
    if count > len(shown):
        parts.append(f"… and {count - len(shown)} more")
    return "\n\n".join(parts)


def describe_model_input(plan: GridPlan, session: Session) -> str | None:
    """Describe what the model reads of a request, where its server is known to tell.

    The local server is started if it is on this machine; another one is asked only if it is known
    to be llama.cpp or vLLM. Of a grid nothing is described.
    """
    if plan.axes:
        return None
    call = plan.calls[0]
    model = call.request.model or ""
    is_known = call.endpoint is not None and session.server_kinds.tells_prompts(call.endpoint)
    if not (local.is_present(model) if local.is_local(model) else is_known):
        return None
    from chat_magic.engine.model_input import find_model_input

    try:
        found = session.loop.run(find_model_input(session, call))
    except ChatError as error:
        return f"what {model} reads is not known: {error}"
    return str(found._repr_mimebundle_()["text/plain"])


def _describe(call: PreparedCall, endpoints: EndpointResolver) -> str:
    from chat_magic.engine.prepare import body_for

    try:
        target = endpoints.describe(call.request.model or "")
    except InvalidRequest as error:
        target = str(error)
    body = body_for(call.request, call.endpoint)
    lines = [target, *call.notices, json.dumps(body, indent=2, ensure_ascii=False)]
    return "\n".join(lines)
