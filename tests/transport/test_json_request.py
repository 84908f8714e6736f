"""Requests whose answer is one JSON value: retries, errors, and keys in answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chat_magic.errors import ApiError, ChatError, ConnectionFailed, InvalidRequest, RequestTimeout
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.json_request import request_json
from tests.gateway import CLOSE, HOLD, Answer, Gateway, whole
from tests.transport.conftest import KEY

if TYPE_CHECKING:
    from chat_magic.transport.http import HttpClient


async def ask(client: HttpClient, gateway: Gateway, **options: Any) -> bytes:
    """Send one value to a gateway."""
    endpoint = Endpoint(name="it", base_url=gateway.base_url, model="m", secret=Secret(KEY))
    options.setdefault("body", {"a": 1})
    return await request_json(client, endpoint, endpoint.server_url("/tokenize"), **options)


async def test_the_value_is_posted_beside_v1_and_the_answer_returned(client: HttpClient) -> None:
    """With the key of the server."""
    with Gateway(whole({"tokens": []})) as gateway:
        assert await ask(client, gateway) == b'{"tokens": []}'
    (request,) = gateway.requests
    assert (request.method, request.path, request.json) == ("POST", "/tokenize", {"a": 1})
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_without_a_body_it_is_a_get(client: HttpClient) -> None:
    """As for `/props`."""
    with Gateway(whole({})) as gateway:
        await ask(client, gateway, body=None)
    assert gateway.requests[0].method == "GET"


@pytest.mark.parametrize("first", [whole({}, status=503), Answer([CLOSE], framing="raw")])
async def test_a_transient_failure_is_retried(client: HttpClient, first: Answer) -> None:
    """As one of a completion is."""
    with Gateway(first, whole({"ok": 1})) as gateway:
        assert await ask(client, gateway) == b'{"ok": 1}'
    assert len(gateway.requests) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (whole({"error": {"message": f"bad {KEY}"}}, status=400), ApiError, r"400: bad \*\*\*"),
        (Answer([b"<title>Login</title>"]), ApiError, "an HTML page"),
        (Answer([CLOSE], framing="raw"), ConnectionFailed, "lost"),
        (Answer([b"{", CLOSE]), ConnectionFailed, "the connection was lost"),
    ],
)
async def test_what_is_no_json_is_an_error(
    client: HttpClient, answer: Answer, kind: type[ChatError], words: str
) -> None:
    """It quotes the answer without the key."""
    with Gateway(answer) as gateway, pytest.raises(kind, match=words) as caught:
        await ask(client, gateway, retries=0)
    assert KEY not in str(caught.value)


async def test_an_answer_that_does_not_arrive_in_time_is_an_error(client: HttpClient) -> None:
    """It names the server and the limit."""
    with (
        Gateway(Answer([b"[", HOLD])) as gateway,
        pytest.raises(RequestTimeout, match=r"127\.0\.0\.1:\d+: no answer within 0\.2 s"),
    ):
        await ask(client, gateway, timeout_s=0.2)


@pytest.mark.parametrize("value", ["\ud800", float], ids=["surrogate", "type"])
async def test_what_cannot_be_written_as_json_is_an_error(client: HttpClient, value: Any) -> None:
    """Nothing is sent."""
    with Gateway(whole({})) as gateway:
        with pytest.raises(InvalidRequest, match="the request cannot be written as JSON"):
            await ask(client, gateway, body={"a": value})
        assert gateway.requests == []


async def test_a_key_in_the_answer_is_removed(client: HttpClient) -> None:
    """A server may send it back."""
    with Gateway(whole({"content": f"a {KEY}"})) as gateway:
        assert await ask(client, gateway) == b'{"content": "a ***"}'
