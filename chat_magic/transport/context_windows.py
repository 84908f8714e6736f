"""How many tokens the models of a server can read, as far as its list of models tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.listing import ListedModel
    from chat_magic.transport.endpoints import Endpoint

__all__ = ["ContextWindows"]


class ContextWindows:
    """Remembers what the lists say that a session asks for; it asks for none itself."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], int] = {}

    def note(self, endpoint: Endpoint, models: Sequence[ListedModel]) -> None:
        """Note what the list of a server says."""
        for model in models:
            if model.context_length is not None:
                self._windows[endpoint.models_url, model.id] = model.context_length

    def find(self, endpoint: Endpoint) -> int | None:
        """Return the window of an endpoint's model in tokens; None if it is not known."""
        return self._windows.get((endpoint.models_url, endpoint.model))
