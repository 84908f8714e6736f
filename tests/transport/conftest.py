"""Fixtures of the wire: connections, and a short way to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from chat_magic.core.reply.assembler import Assembler
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.exchange import exchange
from chat_magic.transport.http import HttpClient

Ask = Callable[..., Awaitable[Assembler]]

KEY = "sk-canary-0123456789/abcdef"


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's proxies out of a test."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def client(no_proxy: None) -> AsyncIterator[HttpClient]:
    """Connections, closed at the end."""
    client = HttpClient()
    yield client
    await client.close()


@pytest.fixture
async def ask(client: HttpClient) -> Ask:
    """Ask a server, once unless given otherwise, and return the assembler of its answer."""

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
        await exchange(client, endpoint, {"model": "test/model"}, assembler, **options)
        return assembler

    return ask
