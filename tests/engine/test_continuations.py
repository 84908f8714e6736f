"""What may follow a beginning, as servers tell it."""

from __future__ import annotations

import pytest

from chat_magic.analysis.answer_search import NextToken
from chat_magic.engine.continuations import LlamaContinuations, TextContinuations
from chat_magic.engine.llama_model import LlamaModel
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError, InvalidRequest
from chat_magic.transport.llama_server import LlamaServer
from tests.completions import completion
from tests.engine.llama_script import END, llama, prompt_of, tokenize
from tests.gateway import streamed, whole

MODEL = LlamaModel(ends=(END,), n_ctx=None, chat_template="")
PROMPT = tuple(tokenize(prompt_of([{"role": "user", "content": "Hi"}])))


def after(make, *prefix):
    """Return what follows a prefix."""
    session = default_session()

    async def run():
        return await make(session, await session.endpoints.resolve("a/b")).after(prefix)

    return session.loop.run(run())


def by_ids(session, endpoint):
    """Return the continuations by token ids."""
    return LlamaContinuations(LlamaServer(session.http, endpoint), MODEL, PROMPT)


def by_text(session, endpoint):
    """Return the continuations by text."""
    body = {"model": "b", "messages": [{"role": "user", "content": "Hi"}]}
    return TextContinuations(session.http, endpoint, body, {}, 20)


def test_end_tokens_are_told_from_others(gateway):
    """Their bytes do not count."""
    gateway(llama(lambda _: {"a": 0.5, "": 0.25}))
    found = after(by_ids)
    assert [(token.content, token.is_end) for token in found] == [(b"a", False), (b"", True)]
    assert [token.prob for token in found] == pytest.approx([0.5, 0.25])


def test_a_server_without_probabilities_is_an_error(gateway):
    """It is no distribution."""
    gateway(whole({"content": "a", "tokens": [1]}))
    with pytest.raises(ApiError, match="no probabilities"):
        after(by_ids)


def test_a_gateway_without_probabilities_is_an_error(gateway):
    """It names what can."""
    gateway(streamed(completion("a")))
    with pytest.raises(InvalidRequest, match=r"local and llama\.cpp do"):
        after(by_text)


def test_part_of_a_character_cannot_be_sent_as_text(gateway):
    """Nothing is asked."""
    server = gateway(streamed(completion("a")))
    assert after(by_text, NextToken(-1, "学".encode()[:1], 0.5)) == []
    assert not server.requests


def test_a_gateway_whose_model_thinks_first_is_refused(gateway):
    """Its first token would be one of the thoughts, or not told at all."""
    value = completion("a", n_top=2)
    value["choices"][0]["message"]["reasoning_content"] = "Hm"
    gateway(streamed(value))
    with pytest.raises(InvalidRequest, match="the model thinks before it answers"):
        after(by_text)
