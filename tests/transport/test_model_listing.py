"""The list of a server's models, and the errors of a request for it."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.listing import ListedModel
from chat_magic.errors import ApiError, ChatError, ConnectionFailed, RequestTimeout
from chat_magic.transport import model_listing
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.model_listing import list_models
from tests.gateway import CLOSE, HOLD, Answer, Gateway, whole

KEY = "sk-canary-in-a-list"


async def request_list(client, answer):
    """Return the list that a client gets from a server with this answer."""
    with Gateway(answer) as gateway:
        endpoint = Endpoint(
            name="the gateway", base_url=gateway.base_url, model="m", secret=Secret(KEY)
        )
        return await list_models(client, endpoint)


async def test_the_models_are_ordered_by_name(client):
    """A list in the form of the API, or without the object around it."""
    items = [{"id": "b/c"}, {"id": "a/b", "owned_by": "a"}]
    expected = [ListedModel(id="a/b", owned_by="a"), ListedModel(id="b/c")]
    assert await request_list(client, whole({"object": "list", "data": items})) == expected
    assert await request_list(client, whole(items)) == expected


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (whole({"error": {"message": f"bad {KEY}"}}, status=401), ApiError, "401: bad \\*\\*\\*"),
        (whole({"models": []}), ApiError, "not a list of models"),
        (Answer([b"<title>Login</title>"]), ApiError, 'not a list of models: .*"Login"'),
        (Answer([b"{", CLOSE]), ConnectionFailed, "the connection was lost"),
    ],
)
async def test_an_answer_that_is_not_a_list_is_an_error(client, answer, kind, words):
    """It quotes the answer, without the key."""
    with pytest.raises(ChatError, match=words) as caught:
        await request_list(client, answer)
    assert type(caught.value) is kind
    assert KEY not in str(caught.value)


async def test_a_list_that_does_not_arrive_in_time_is_an_error(client, monkeypatch):
    """It names the server and the limit."""
    monkeypatch.setattr(model_listing, "_TIMEOUT_S", 0.2)
    with pytest.raises(RequestTimeout, match=r"127\.0\.0\.1:\d+: no list of models within 0\.2 s"):
        await request_list(client, Answer([b"[", HOLD]))


async def test_a_key_in_the_list_is_removed(client):
    """A server may send it back."""
    (model,) = await request_list(client, whole([{"id": f"a/{KEY}"}]))
    assert model.id == "a/***"
