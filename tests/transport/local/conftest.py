"""The real weights and a real server, shared by all tests of this folder."""

from __future__ import annotations

import httpx
import pytest

from chat_magic.transport import local


@pytest.fixture(scope="session")
def server(weights):
    """The server that every user of the bundled model gets."""
    return local.connect("local")


@pytest.fixture(scope="session")
def client(server):
    """An HTTP client of that server, past any proxy of the machine."""
    # After a stream llama.cpp closes the connection that it has called `keep-alive`.
    headers = {"Authorization": f"Bearer {server.api_key}", "Connection": "close"}
    with httpx.Client(
        base_url=server.base_url, headers=headers, trust_env=False, timeout=300
    ) as client:
        yield client
