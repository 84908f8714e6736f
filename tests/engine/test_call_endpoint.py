"""The server of a call: found, or not to be asked."""

from __future__ import annotations

import pytest

from chat_magic.engine.call_endpoint import endpoint_of
from chat_magic.engine.prepare import build_request, prepare_call
from chat_magic.engine.replay import cache_options, open_recordings
from chat_magic.engine.session import default_session
from chat_magic.errors import CacheMiss
from tests.completions import completion
from tests.gateway import whole


def found(cache):
    """Return the server of a call that uses recorded answers in a way."""
    session = default_session()
    request, _ = build_request("Hi", "a/b", None, None, {}, None)
    recordings = open_recordings(session, cache_options(cache, None))
    call = prepare_call(session, request, recordings=recordings)
    return session.loop.run(endpoint_of(session, call, call.request))


@pytest.mark.parametrize("cache", [None, True])
def test_a_call_has_the_server_of_its_model(gateway, history_file, cache):
    """With recordings too, where none of them answers it."""
    server = gateway(whole(completion("x")))
    assert found(cache).base_url == server.base_url


def test_offline_there_is_none(gateway, history_file):
    """What is not recorded is a miss."""
    gateway(whole(completion("x")))
    with pytest.raises(CacheMiss):
        found("offline")
