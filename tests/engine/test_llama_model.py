"""What a llama.cpp server says of its model: its end tokens, window and template, asked once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chat_magic.engine.llama_model import LlamaModels
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.http import HttpClient
from chat_magic.transport.llama_server import LlamaServer
from tests.engine.score_servers import LlamaScript, sent_to
from tests.gateway import Gateway

if TYPE_CHECKING:
    from chat_magic.engine.llama_model import LlamaModel


async def ask(gateway: Gateway, times: int = 1) -> list[LlamaModel]:
    """Ask a server of its model, several times at once."""
    client, models = HttpClient(), LlamaModels()
    endpoint = Endpoint(name="it", base_url=gateway.base_url, model="m")
    server = LlamaServer(client, endpoint)
    try:
        return await asyncio.gather(*(models.find(server, endpoint) for _ in range(times)))
    finally:
        await client.close()


async def test_tokens_that_end_an_answer_are_found_among_those_without_a_text() -> None:
    """Each is written once, to see whether it ends the answer."""
    with Gateway(LlamaScript(window=77)) as gateway:
        (model,) = await ask(gateway)
    assert model.ends == (1, 2)
    assert model.n_ctx == 77


async def test_a_server_is_asked_once() -> None:
    """Also by scores that start at the same time."""
    with Gateway(LlamaScript()) as gateway:
        models = await ask(gateway, times=3)
        asked = sent_to(gateway.requests, "/props")
    assert len(set(models)) == 1
    assert len(asked) == 1
