"""The windows of models, as the lists of their servers say."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.listing import ListedModel
from chat_magic.transport.context_windows import ContextWindows

LIST = [ListedModel(id="a/b", context_length=8192), ListedModel(id="c/d")]


@pytest.fixture
def endpoint(session, monkeypatch):
    """Return a function from a model to its endpoint."""
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://one.example/v1")
    monkeypatch.setenv("CHAT_MAGIC_API_KEY", "sk-canary-1234567890")
    return session.endpoints.find


def test_a_window_is_that_of_the_model_at_its_server(endpoint, monkeypatch):
    """A list that does not say it tells nothing, nor does that of another server."""
    windows = ContextWindows()
    assert windows.find(endpoint("a/b")) is None
    windows.note(endpoint("any/model"), LIST)
    assert [windows.find(endpoint(model)) for model in ("a/b", "c/d", "e/f")] == [8192, None, None]
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://two.example/v1")
    assert windows.find(endpoint("a/b")) is None
