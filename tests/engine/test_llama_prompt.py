"""The prompt of a chat request as token ids."""

from __future__ import annotations

import pytest

from chat_magic.engine.llama_prompt import answer_prompt, prompt_fields, prompt_pieces
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.transport.llama_server import LlamaServer
from tests.engine.llama_script import llama, prompt_of, tokenize
from tests.gateway import whole


def test_fields_that_concern_the_answer_are_left_out():
    """Tools and settings of the template concern the prompt."""
    body = {"messages": [], "tools": [], "temperature": 1, "n": 2, "stream": True}
    assert prompt_fields(body) == {"messages": [], "tools": []}


MESSAGES = [{"role": "user", "content": "Hi"}]


def asked(function):
    """Return what a function says of a prompt at the gateway."""
    session = default_session()

    async def ask():
        endpoint = await session.endpoints.resolve("a/b")
        return await function(LlamaServer(session.http, endpoint), {"messages": MESSAGES})

    return session.loop.run(ask())


def test_the_tokens_are_those_of_the_template(gateway):
    """Control tokens are read as such."""
    gateway(llama())
    ids = tokenize(prompt_of(MESSAGES))
    assert [piece.id for piece in asked(prompt_pieces)] == ids
    assert asked(answer_prompt) == tuple(ids)


def test_a_prompt_after_which_thoughts_begin_is_refused_for_an_answer(gateway):
    """It says how to turn them off."""
    script = llama()

    def opens(request):
        opened = whole({"prompt": "Hi<think>\n"})
        return opened if request.path == "/apply-template" else script(request)

    gateway(opens)
    with pytest.raises(InvalidRequest, match=r"thinks before it answers.*enable_thinking"):
        asked(answer_prompt)
