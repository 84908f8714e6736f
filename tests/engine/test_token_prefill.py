"""A prefill is sent as the token ids that it was written in."""

from __future__ import annotations

import math

import pytest

import chat_magic
from chat_magic.engine.llama_prompt import prompt_pieces
from chat_magic.engine.session import default_session
from chat_magic.transport.llama_server import LlamaServer
from tests.completions import completion
from tests.engine.llama_script import llama, prompt_of, tokenize
from tests.gateway import streamed

USER = {"role": "user", "content": "Hi"}


def asked(server):
    """Return the bodies of the completions that a server was asked for."""
    return [request.json for request in server.requests if request.path == "/completion"]


def chat(text, ids, **more):
    """Continue a text with token ids."""
    messages = [USER, {"role": "assistant", "content": text}]
    return chat_magic.chat(messages, model="a/b", extra={"prefill_tokens": ids}, **more)


def test_the_very_tokens_are_the_end_of_the_prompt(gateway):
    """The tokenizer would make one of them."""
    server = gateway(llama(lambda _: {"c": 0.75, "d": 0.25}))
    result = chat("ab", [97, 98], top_logprobs=2)
    (body,) = asked(server)
    assert body["prompt"] == [*tokenize(prompt_of([USER])), 97, 98]
    assert result.text == "c"
    assert result.prefill == "ab"
    assert [t.id for t in result.choices[0].logprobs.content[0].top_logprobs] == [99, 100]
    assert not result.warnings


def test_what_precedes_them_is_text(gateway):
    """A prefill of the user's may begin the answer."""
    server = gateway(llama(lambda _: {"c": 1.0}))
    chat("Lonab", "97,98")
    begun = prompt_of([USER, {"role": "assistant", "content": "Lon"}])
    assert asked(server)[0]["prompt"] == [*tokenize(begun), 97, 98]


@pytest.mark.parametrize(
    ("text", "kept", "rest"),
    [("abx", [97, 98], [120]), ("axb", [97], [120, 98]), ("zz", [], [122, 122])],
)
def test_an_edited_text_keeps_the_tokens_that_still_begin_it(gateway, text, kept, rest):
    """The rest is tokenized, and a warning says so."""
    server = gateway(llama(lambda _: {"c": 1.0}))
    result = chat(text, [97, 98, 99])
    assert asked(server)[0]["prompt"] == [*tokenize(prompt_of([USER])), *kept, *rest]
    assert result.warnings == (
        f"prefill_tokens: the text was edited: {len(kept)} of 3 tokens are kept",
    )


def test_to_other_servers_the_text_is_sent(gateway):
    """The field is not."""
    server = gateway(streamed(completion("c")))
    result = chat("ab", [97, 98])
    body = server.requests[-1].json
    assert body["messages"][-1]["content"] == "ab"
    assert "prefill_tokens" not in body
    assert any("takes no token ids" in warning for warning in result.warnings)


@pytest.mark.usefixtures("weights")
def test_the_branch_has_the_distribution_of_the_tokens_that_were_written():
    """By text, the tokenizer makes others of it, after which other tokens are likely."""
    messages = [{"role": "user", "content": "Name the capital of England in one word."}]
    session = default_session()

    async def ask():
        endpoint = await session.endpoints.resolve("local")
        server = LlamaServer(session.http, endpoint)
        prompt = [piece.id for piece in await prompt_pieces(server, {"messages": messages})]
        (whole,) = await server.tokenize("London", parse_special=False)
        (first,) = await server.tokenize("L", parse_special=False)
        rest = await server.tokenize("ondon", parse_special=False)
        ids = [first.id, *(piece.id for piece in rest)]
        assert ids != [whole.id]
        answer = await server.complete([*prompt, *ids], n_predict=1, n_probs=10)
        return ids, answer.completion_probabilities[0].top_logprobs

    ids, truth = session.loop.run(ask())
    begun = [*messages, {"role": "assistant", "content": "London"}]
    options = {"model": "local", "top_logprobs": 10, "max_tokens": 1, "temperature": 0}
    by_ids = chat_magic.chat(begun, extra={"prefill_tokens": ids}, **options)
    by_text = chat_magic.chat(begun, **options)
    expected = {other.id: math.exp(other.logprob) for other in truth}
    assert distance(by_ids, expected) < 0.02
    assert distance(by_text, expected) > 0.05


def distance(result, expected):
    """Return how far the first token's probabilities are from those expected, at most."""
    top = result.choices[0].logprobs.content[0].top_logprobs
    found = {other.id: math.exp(other.logprob) for other in top}
    return max(abs(found.get(token, 0.0) - prob) for token, prob in expected.items())
