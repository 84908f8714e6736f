"""Which program a server runs, by its list of models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.server_kinds import ServerKinds
from tests.gateway import CLOSE, Answer, Gateway, whole

if TYPE_CHECKING:
    from chat_magic.transport.http import HttpClient


def endpoint(gateway: Gateway) -> Endpoint:
    """Return the gateway as an endpoint."""
    return Endpoint(name="x", base_url=gateway.base_url, model="m")


def listed(*owners: str) -> Answer:
    """Return a list with a model of each owner."""
    return whole({"data": [{"id": f"m{i}", "owned_by": name} for i, name in enumerate(owners)]})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (listed("vllm"), "vllm"),
        (listed("llamacpp"), "llama.cpp"),
        (listed("a", "vllm"), "vllm"),
        (listed("openai"), "other"),
        (listed(), "other"),
        (whole({"detail": "Not Found"}, status=404), "other"),
    ],
)
async def test_the_owner_of_its_models_names_the_program_and_each_server_is_asked_once(
    client: HttpClient, answer: Answer, kind: str
) -> None:
    """Also by requests that start at the same time."""
    kinds = ServerKinds()
    with Gateway(answer) as gateway:
        found = await asyncio.gather(*(kinds.find(client, endpoint(gateway)) for _ in range(3)))
    assert found == [kind] * 3
    assert [request.path for request in gateway.requests] == ["/v1/models"]


async def test_the_local_server_is_known(client: HttpClient) -> None:
    """It is not asked."""
    local = Endpoint(name="x", base_url="http://127.0.0.1:1/v1", model="local/smollm2")
    assert await ServerKinds().find(client, local) == "llama.cpp"


async def test_a_server_that_was_not_reached_is_asked_again(client: HttpClient) -> None:
    """It may be starting."""
    kinds, lost = ServerKinds(), Answer([CLOSE], framing="raw")
    with Gateway(lost, lost, listed("llamacpp")) as gateway:  # aiohttp sends a GET twice
        assert await kinds.find(client, endpoint(gateway)) == "other"
        assert await kinds.find(client, endpoint(gateway)) == "llama.cpp"
