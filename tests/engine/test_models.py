"""The models of the server that answers for a model, or for the default one."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.listing import ListedModel
from chat_magic.engine.models import list_models
from chat_magic.engine.session import default_session
from tests.gateway import whole

LIST = {"object": "list", "data": [{"id": "a/b", "owned_by": "a"}]}


def models_of(model=None):
    """Return the models of the server that answers for a model."""
    return list_models(default_session(), model)


def test_the_default_server_lists_its_models(gateway):
    """It is asked with its key."""
    server = gateway(whole(LIST))
    assert models_of() == [ListedModel(id="a/b", owned_by="a")]
    request = server.requests[0]
    assert (request.method, request.path, request.body) == ("GET", "/v1/models", b"")
    assert request.headers["authorization"] == "Bearer sk-canary-1234567890"


def test_the_route_of_a_model_or_alias_decides_the_server(gateway, config_file, monkeypatch):
    """It is asked with its key and its headers."""
    server = gateway(whole([]))
    monkeypatch.setenv("V_KEY", "sk-canary-of-v")
    monkeypatch.setenv("V_TEAM", "team canary")
    config_file(
        f"""
        [aliases]
        fast = "v/fast"
        [routes]
        "v/*" = "v"
        [endpoints.v]
        base_url = "{server.origin}/v2/"
        key = "V_KEY"
        headers = {{ "X-Team" = "the ${{V_TEAM}}" }}
        """
    )
    assert models_of("fast") == []
    assert models_of("v/slow") == []
    for request in server.requests:
        assert request.path == "/v2/models"
        assert request.headers["authorization"] == "Bearer sk-canary-of-v"
        assert request.headers["x-team"] == "the team canary"


@pytest.mark.usefixtures("weights")
def test_the_local_server_lists_its_model():
    """The list includes the context length."""
    (model,) = models_of()
    assert model.id == "local/smollm2-135m-instruct"
    assert model.context_length
    assert model.context_length >= 1024


def test_the_listed_models_are_known_in_hints(gateway):
    """A misspelled name is then answered with the nearest one of the list."""
    gateway(whole(LIST))
    models_of()
    assert "a/b" in default_session().endpoints.known_models()
