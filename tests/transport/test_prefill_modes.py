"""What servers do with a prefill, by their lists of models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.prefill_modes import PrefillModes
from tests.gateway import CLOSE, Answer, Gateway, whole

if TYPE_CHECKING:
    from chat_magic.transport.http import HttpClient


def endpoint(gateway: Gateway, **more: Any) -> Endpoint:
    """Return the gateway as an endpoint."""
    return Endpoint(name="x", base_url=gateway.base_url, model="m", **more)


def listed(owner: str | None) -> Answer:
    """Return a list with one model."""
    return whole({"data": [{"id": "m", "owned_by": owner}]})


@pytest.mark.parametrize(
    ("answer", "mode"),
    [
        (listed("vllm"), "vllm"),
        (listed("openai"), "continue"),
        (listed(None), "continue"),
        (whole({"detail": "Not Found"}, status=404), "continue"),
        (whole({"choices": []}), "continue"),
    ],
)
async def test_vllm_is_recognised_and_each_server_is_asked_once(
    client: HttpClient, answer: Answer, mode: str
) -> None:
    """Also by requests that start at the same time."""
    modes = PrefillModes()
    with Gateway(answer) as gateway:
        found = await asyncio.gather(*(modes.resolve(client, endpoint(gateway)) for _ in range(3)))
    assert [each.prefill for each in found] == [mode] * 3
    assert [request.path for request in gateway.requests] == ["/v1/models"]


async def test_a_server_that_is_configured_is_not_asked(client: HttpClient) -> None:
    """The config file knows."""
    with Gateway(listed("vllm")) as gateway:
        found = await PrefillModes().resolve(client, endpoint(gateway, prefill="none"))
    assert found.prefill == "none"
    assert gateway.requests == []


async def test_a_server_that_was_not_reached_is_asked_again(client: HttpClient) -> None:
    """It may be starting."""
    modes = PrefillModes()
    lost = Answer([CLOSE], framing="raw")
    with Gateway(lost, lost, listed("vllm")) as gateway:  # aiohttp sends a GET twice
        assert (await modes.resolve(client, endpoint(gateway))).prefill == "continue"
        assert (await modes.resolve(client, endpoint(gateway))).prefill == "vllm"
