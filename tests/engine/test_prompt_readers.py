"""What servers tell of a prompt, and what they do not."""

from __future__ import annotations

import pytest

from chat_magic.engine.prompt_readers import VllmPromptReader
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError
from tests.gateway import whole

BODY = {"model": "b", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}


def read(ask):
    """Return what a reader of the gateway's server tells."""
    session = default_session()

    async def run():
        reader = VllmPromptReader(session.http, await session.endpoints.resolve("a/b"))
        return await ask(reader)

    return session.loop.run(run())


def test_an_older_vllm_is_asked_by_tokenize(gateway):
    """It has no endpoint that renders; fields of sampling are not sent."""

    def answer(request):
        if request.path == "/tokenize":
            assert "temperature" not in request.json
            return whole({"tokens": [1, 2], "token_strs": ["H", "i"]})
        if request.path == "/detokenize":
            return whole({"prompt": "Hi"})
        return whole({"error": "not found"}, status=404)

    gateway(answer)
    assert read(lambda reader: reader.text(BODY)) == "Hi"
    tokens = read(lambda reader: reader.tokens(BODY, "Hi"))
    assert [(token.id, token.content) for token in tokens] == [(1, b"H"), (2, b"i")]


def test_strings_that_do_not_make_up_the_text_are_not_believed(gateway):
    """The ids are there all the same."""

    def answer(request):
        if request.path == "/tokenize":
            return whole({"tokens": [1, 2], "token_strs": ["X", "i"]})
        return whole({"error": "not found"}, status=404)

    gateway(answer)
    tokens = read(lambda reader: reader.tokens(BODY, "Hi"))
    assert [(token.id, token.content) for token in tokens] == [(1, None), (2, None)]


def test_a_server_that_tells_no_tokens_is_an_error(gateway):
    """It says so."""
    gateway(whole({}))
    with pytest.raises(ApiError, match="does not report the tokens of a prompt"):
        read(lambda reader: reader.text(BODY))
