"""Which program a server runs, as far as its list of models tells."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from chat_magic.errors import ApiError, ChatError
from chat_magic.transport import local

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["ServerKind", "ServerKinds"]

ServerKind = Literal["llama.cpp", "vllm", "other"]
"""The program; `other` where it cannot be told."""
_OWNERS: dict[str | None, ServerKind] = {"llamacpp": "llama.cpp", "vllm": "vllm"}
"""By the owner of the models in its list."""
_TIMEOUT_S = 5.0
"""How long a list of models may take; without it the server is taken for an ordinary one."""


class ServerKinds:
    """Asks each server once for its list of models.

    Args:
        on_list: Called with each server's list.
    """

    def __init__(
        self, on_list: Callable[[Endpoint, Sequence[ListedModel]], None] = lambda *_: None
    ) -> None:
        self._on_list = on_list
        self._kinds: dict[str, ServerKind] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    async def find(self, client: HttpClient, endpoint: Endpoint) -> ServerKind:
        """Return what a server runs; it does not raise, and blocks no loop."""
        if local.is_local(endpoint.model):
            return "llama.cpp"
        url = endpoint.models_url
        lock = self._locks.setdefault((url, id(asyncio.get_running_loop())), asyncio.Lock())
        async with lock:
            return self._kinds.get(url) or await self._ask(client, endpoint)

    def tells_prompts(self, endpoint: Endpoint) -> bool:
        """Whether a server is known to be of a kind that tells what a model reads."""
        return self._kinds.get(endpoint.models_url) in ("llama.cpp", "vllm")

    async def _ask(self, client: HttpClient, endpoint: Endpoint) -> ServerKind:
        from chat_magic.transport.model_listing import list_models  # aiohttp is slow to import

        try:
            models = await list_models(client, endpoint, timeout_s=_TIMEOUT_S)
            self._on_list(endpoint, models)
        except ApiError:
            models = []
        except ChatError:
            return "other"  # the request itself will say so, and the next one asks again
        found = (_OWNERS.get(model.owned_by) for model in models)
        kind: ServerKind = next(filter(None, found), "other")
        self._kinds[endpoint.models_url] = kind
        return kind
