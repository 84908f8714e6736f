"""Fixtures of the wire: both HTTP libraries, and a short way to ask."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from chat_magic.core.reply.assembler import Assembler
from chat_magic.transport import aiohttp_transport as carrier
from chat_magic.transport import exchange as client
from chat_magic.transport import http
from chat_magic.transport import loop as background
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint

Ask = Callable[..., Awaitable[Assembler]]

KEY = "sk-canary-0123456789/abcdef"


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a test with httpx2, and as if only httpx were installed."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    if request.param == "httpx":
        monkeypatch.setitem(sys.modules, "httpx2", None)
    background.submit(http.close()).result()  # reloading would forget its open connections
    importlib.reload(carrier)
    importlib.reload(http)
    assert http.httpx.__name__ == request.param
    yield request.param
    background.submit(http.close()).result()
    monkeypatch.undo()
    importlib.reload(carrier)
    importlib.reload(http)


@pytest.fixture
async def ask(library: str) -> AsyncIterator[Ask]:
    """Ask a server, once if nothing else is said, and return what its answer was folded into."""

    async def ask(
        base_url: str, assembler: Assembler | None = None, *, key: str | None = None, **options: Any
    ) -> Assembler:
        endpoint = Endpoint(
            name="the gateway",
            base_url=base_url,
            model="test/model",
            secret=Secret(key) if key else None,
            key_variable="CHAT_MAGIC_API_KEY",
        )
        assembler = assembler or Assembler()
        options.setdefault("retries", 0)
        await client.exchange(endpoint, {"model": "test/model"}, assembler, **options)
        return assembler

    yield ask
    await http.close()
