"""Asking a server for its models."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.listing import ListedModel
from chat_magic.engine import models
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError, ChatError, ConnectionFailed
from tests.gateway import CLOSE, Answer, Gateway, whole

LIST = {"object": "list", "data": [{"id": "a/b", "owned_by": "a"}]}
KEY = "sk-canary-in-a-list"


def list_models(model=None):
    return models.list_models(default_session(), model)


@pytest.fixture
def serve(monkeypatch):
    """Return a function that starts a gateway and makes it the configured one."""
    opened = []

    def serve(answer):
        gateway = Gateway(answer).__enter__()
        opened.append(gateway)
        monkeypatch.setenv("CHAT_MAGIC_BASE_URL", gateway.base_url)
        monkeypatch.setenv("CHAT_MAGIC_API_KEY", KEY)
        return gateway

    yield serve
    for gateway in opened:
        gateway.__exit__()


def test_the_configured_server_is_asked_when_no_model_is_named(no_proxy, serve):
    """With its key; the list is the API's."""
    gateway = serve(whole(LIST))
    assert list_models() == [ListedModel(id="a/b", owned_by="a")]
    request = gateway.requests[0]
    assert (request.method, request.path, request.body) == ("GET", "/v1/models", b"")
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_model_names_the_server_by_its_route_and_headers_go_along(
    no_proxy, serve, config_file, monkeypatch
):
    """An alias too."""
    gateway = serve(whole([]))
    monkeypatch.setenv("V_KEY", "sk-canary-of-v")
    monkeypatch.setenv("V_TEAM", "team canary")
    config_file(
        f"""
        [aliases]
        fast = "v/fast"
        [routes]
        "v/*" = "v"
        [endpoints.v]
        base_url = "{gateway.origin}/v2/"
        key = "V_KEY"
        headers = {{ "X-Team" = "the ${{V_TEAM}}" }}
        """
    )
    assert list_models("fast") == []
    assert list_models("v/slow") == []
    for request in gateway.requests:
        assert request.path == "/v2/models"
        assert request.headers["authorization"] == "Bearer sk-canary-of-v"
        assert request.headers["x-team"] == "the team canary"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (whole({"error": {"message": f"bad {KEY}"}}, status=401), ApiError, "401: bad \\*\\*\\*"),
        (whole({"models": []}), ApiError, "not a list of models"),
        (Answer([b"<title>Login</title>"]), ApiError, 'not a list of models: .*"Login"'),
        (Answer([b"{", CLOSE]), ConnectionFailed, "the connection was lost"),
    ],
)
def test_what_is_no_list_is_an_error_that_says_what_came(no_proxy, serve, answer, kind, words):
    """Without the key."""
    serve(answer)
    with pytest.raises(ChatError, match=words) as caught:
        list_models("a/b")
    assert type(caught.value) is kind
    assert KEY not in str(caught.value)


@pytest.mark.usefixtures("weights")
def test_the_local_server_lists_its_model():
    """With its context length."""
    (model,) = list_models()
    assert model.id == "local/smollm2-135m-instruct"
    assert model.context_length
    assert model.context_length >= 1024
