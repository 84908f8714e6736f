"""What servers do with a final assistant message, as far as their lists of models tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chat_magic.transport.server_kinds import ServerKinds

if TYPE_CHECKING:
    from chat_magic.core.request.config import Prefill
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["PrefillModes"]


class PrefillModes:
    """Finds out what each server is: vLLM continues a prefill only if asked in its own way.

    Args:
        kinds: Knows which program a server runs.
    """

    def __init__(self, kinds: ServerKinds | None = None) -> None:
        self._kinds = kinds or ServerKinds()

    async def resolve(self, client: HttpClient, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint whose `prefill` is known; it does not raise, and blocks no loop."""
        if endpoint.prefill is not None:
            return endpoint
        is_vllm = await self._kinds.find(client, endpoint) == "vllm"
        mode: Prefill = "vllm" if is_vllm else "continue"
        return replace(endpoint, prefill=mode)
