"""The server that a prepared call may be sent to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.local import Progress

__all__ = ["endpoint_of"]


async def endpoint_of(
    session: Session, call: PreparedCall, request: ChatRequest, on_progress: Progress | None = None
) -> Endpoint:
    """Return the server of a request, which is started if it is the local one.

    Args:
        session: The session that knows servers.
        call: The call that the request belongs to.
        request: Its first request, or a later one.
        on_progress: Called with what is being done.

    Raises:
        CacheMiss: Only recorded answers may be used.
        ChatError: There is no such server, or it does not start.
    """
    model, endpoint, replay = request.model or "", call.endpoint, call.replay
    if replay is not None:
        if endpoint is None and replay.recordings.mode != "offline":
            endpoint = await asyncio.to_thread(session.endpoints.find, model)
        replay.recordings.check_may_send(
            request, has_server=session.endpoints.has_server(model, endpoint)
        )
    return endpoint or await session.endpoints.resolve(model, on_progress)
