"""What servers do with a final assistant message, as far as their lists of models tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from chat_magic.errors import ApiError, ChatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.core.request.config import Prefill
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["PrefillModes"]

_TIMEOUT_S = 5.0
"""How long a list of models may take; without it the server is taken for an ordinary one."""


class PrefillModes:
    """Asks each server once what it is: vLLM continues a prefill only if asked in its own way.

    Args:
        on_list: Called with each server's list.
    """

    def __init__(
        self, on_list: Callable[[Endpoint, Sequence[ListedModel]], None] = lambda *_: None
    ) -> None:
        self._on_list = on_list
        self._modes: dict[str, Prefill] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    async def resolve(self, client: HttpClient, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint whose `prefill` is known; it does not raise, and blocks no loop."""
        if endpoint.prefill is not None:
            return endpoint
        url = endpoint.models_url
        lock = self._locks.setdefault((url, id(asyncio.get_running_loop())), asyncio.Lock())
        async with lock:
            mode = self._modes.get(url) or await self._ask(client, endpoint)
        return replace(endpoint, prefill=mode)

    async def _ask(self, client: HttpClient, endpoint: Endpoint) -> Prefill:
        from chat_magic.transport.model_listing import list_models  # aiohttp is slow to import

        try:
            models = await list_models(client, endpoint, timeout_s=_TIMEOUT_S)
            self._on_list(endpoint, models)
        except ApiError:
            models = []
        except ChatError:
            return "continue"  # the request itself will say so, and the next one asks again
        mode: Prefill = "vllm" if any(model.owned_by == "vllm" for model in models) else "continue"
        self._modes[endpoint.models_url] = mode
        return mode
