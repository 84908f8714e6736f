"""The function `capabilities`, and what a session knows about its servers."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from chat_magic.core.reply.capability import KnownCapabilities
from chat_magic.core.reply.cost import cost_of
from chat_magic.core.reply.reply import Usage
from chat_magic.core.request.capability_probes import MOST_REQUESTS, MOST_TOKENS
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from chat_magic.engine.session import Session
    from chat_magic.store.capability_store import ServerModel
    from chat_magic.transport.endpoints import Endpoint

__all__ = ["CapabilityBook", "capabilities"]


def capabilities(model: str) -> pd.DataFrame:
    """Find out what the server of a model really does with the fields of a request.

    At most 12 small requests are sent; their number and cost are printed first. What is found is
    kept with its date, per endpoint and model, and is used before later requests are sent. One
    answer to each request is looked at: a feature that works now and then may be missed.

    Args:
        model: `vendor/model`, or an alias.

    Returns:
        The table `CAPABILITIES` of `docs/tables.md`: `run`, `feature`, `support` (honoured,
        ignored, refused, partly or unknown) and `detail`, a row for each feature.

    Raises:
        InvalidRequest: It is not a model, or no server is configured for it.
        ApiError: The server refuses the key (401, 403), or has too many requests (429).
        ChatError: It does not answer, or its answer breaks off.

    Example:
        >>> table = chat_magic.capabilities("local").set_index("feature")
        >>> table.support["seed"], table.detail["top_logprobs"]
    """
    from chat_magic.analysis.capability_table import capability_table
    from chat_magic.engine.session import default_session

    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest(f"model {model!r}: must be a model such as vendor/model")
    session = default_session()
    known = _find(session, session.configuration.resolve_alias(model))
    return capability_table(known)


def _find(session: Session, model: str) -> KnownCapabilities:
    """Ask the server of a model, and keep what is found."""
    from chat_magic.engine.capability_tests import find_capabilities  # aiohttp is slow to import

    configured = session.endpoints.find(model)
    print(_announcement(session, model))

    async def find() -> KnownCapabilities:
        endpoint = configured or await session.endpoints.resolve(model)
        found = await find_capabilities(session.http, endpoint)
        return KnownCapabilities(
            findings={finding.feature: finding for finding in found}, checked_s=time.time()
        )

    known = session.loop.run(find())
    session.capabilities.note(model, configured, known)
    return known


def _announcement(session: Session, model: str) -> str:
    """Say how many requests are sent, and what they cost at most."""
    prompt, answer = MOST_TOKENS
    size = f"at most {MOST_REQUESTS} requests, with about {prompt} tokens in and {answer} out"
    if local.is_local(model):
        return f"capabilities of {model}: {size}; it runs on this machine, at no cost"
    usage = Usage(prompt_tokens=prompt, completion_tokens=answer)
    cost = cost_of(usage, session.configuration.price_of(model))
    price = "its price is not known" if cost is None else f"about ${cost:.2g}"
    return f"capabilities of {model}: {size}; {price}"


class CapabilityBook:
    """What a session knows about its servers: what it found, and what is in the file.

    Args:
        folder: Returns the folder of the file; None where a setting turns it off.
    """

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        self._folder = folder
        self._known: dict[ServerModel, KnownCapabilities] = {}
        self._read: Path | None = None

    def note(self, model: str, endpoint: Endpoint | None, known: KnownCapabilities) -> None:
        """Keep what was found; the file is left alone where the history is turned off."""
        place = _place(model, endpoint)
        self._known[place] = known
        path = self._path()
        if path is not None:
            from chat_magic.store.capability_store import CapabilityStore

            try:
                CapabilityStore(path).save(place, known)
            except InvalidRequest as error:
                print(f"capabilities: kept for this session only: {error}")

    def find(self, model: str, endpoint: Endpoint | None) -> KnownCapabilities | None:
        """Return what is known about a model; None if nothing is.

        Args:
            model: The model.
            endpoint: Its server; None for the local one.
        """
        if endpoint is None and not local.is_local(model):
            return None
        return self._all().get(_place(model, endpoint))

    def of_server(self, model: str, endpoint: Endpoint | None) -> dict[str, KnownCapabilities]:
        """Return what is known about all models of the server of one, by their names there."""
        address = _place(model, endpoint)[0]
        return {name: known for (server, name), known in self._all().items() if server == address}

    def _all(self) -> Mapping[ServerModel, KnownCapabilities]:
        path = self._path() if self._read is None else None  # each request asks
        if path is not None:
            from chat_magic.store.capability_store import CapabilityStore

            self._read = path
            with suppress(InvalidRequest):  # a damaged file: nothing is known
                self._known = {**CapabilityStore(path).load(), **self._known}
        return self._known

    def _path(self) -> Path | None:
        from chat_magic.store.capability_store import FILE

        folder = self._folder()
        return None if folder is None else folder / FILE


_LOCAL = "local"


def _place(model: str, endpoint: Endpoint | None) -> ServerModel:
    if endpoint is None or local.is_local(model):
        return _LOCAL, local.resolved_model(model)
    return endpoint.address, endpoint.model
