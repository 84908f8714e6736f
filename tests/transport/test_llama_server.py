"""llama.cpp's own endpoints: what is sent to them, and the embedded model's answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat_magic.errors import ApiError
from chat_magic.transport import local
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from chat_magic.transport.llama_server import LlamaServer
from tests.gateway import Gateway, whole

if TYPE_CHECKING:
    from pathlib import Path

    from chat_magic.core.reply.llama_answers import LlamaCompletion
    from chat_magic.transport.http import HttpClient

CHAT = {"messages": [{"role": "user", "content": "The capital of France?"}]}


def server_at(client: HttpClient, gateway: Gateway) -> LlamaServer:
    """Return the gateway as a llama.cpp server."""
    return LlamaServer(client, Endpoint(name="it", base_url=gateway.base_url, model="m"))


async def test_a_completion_is_asked_for_greedily_with_ids_bias_and_grammar(
    client: HttpClient,
) -> None:
    """The settings of the caller win."""
    with Gateway(whole({"content": "a"})) as gateway:
        server = server_at(client, gateway)
        await server.complete(
            [1, 2], n_predict=1, grammar="root ::= <[3]>", bias={3: 5.0}, n_probs=7
        )
        await server.complete([1], n_predict=2, temperature=1)
    first, second = gateway.requests
    assert first.path == "/completion"
    expected = {"prompt": [1, 2], "n_predict": 1, "n_probs": 7, "grammar": "root ::= <[3]>"}
    expected |= {"logit_bias": [[3, 5.0]], "temperature": 0, "stream": False}
    assert expected.items() <= first.json.items()
    assert second.json["temperature"] == 1
    assert not {"grammar", "logit_bias"} & second.json.keys()


async def test_an_answer_of_another_form_is_an_error(client: HttpClient) -> None:
    """A server may have a path of the same name."""
    with (
        Gateway(whole({"tokens": 5})) as gateway,
        pytest.raises(ApiError, match=r"/tokenize is not answered as by llama\.cpp"),
    ):
        await server_at(client, gateway).tokenize("a", parse_special=False)


async def on_local(client: HttpClient) -> LlamaServer:
    """Return the embedded server."""
    found = await asyncio.to_thread(local.connect, "local")
    secret = Secret(found.api_key)
    endpoint = Endpoint(
        name="local", base_url=found.base_url, model=found.model, secret=secret, keeps_alive=False
    )
    return LlamaServer(client, endpoint)


async def forced(
    server: LlamaServer, prompt: list[int], ids: list[int], **more: Any
) -> LlamaCompletion:
    """Make the server write these tokens."""
    grammar = "root ::= " + " ".join(f"<[{token}]>" for token in ids)
    return await server.complete(prompt, n_predict=len(ids), grammar=grammar, **more)


async def test_the_embedded_server_applies_its_template_and_writes_forced_tokens(
    client: HttpClient, weights: Path
) -> None:
    """The text of the tokens is the text that was asked for."""
    server = await on_local(client)
    props = await server.props()
    assert (props.n_ctx, props.eos_token) == (local.CONTEXT_TOKENS, "<|im_end|>")
    prompt = await server.apply_template(CHAT)
    assert prompt.endswith("<|im_start|>assistant\n")
    prompt_ids = [t.id for t in await server.tokenize(prompt, parse_special=True, add_special=True)]
    pieces = await server.tokenize("Paris, of course", parse_special=False)
    ids = [piece.id for piece in pieces]
    assert b"".join(piece.content for piece in pieces) == b"Paris, of course"
    assert await server.detokenize(ids) == "Paris, of course"
    answer = await forced(server, prompt_ids, ids, n_probs=3)
    assert answer.tokens == ids
    assert answer.content == "Paris, of course"
    assert [token.id for token in answer.completion_probabilities] == ids
    assert all(len(token.top_logprobs) == 3 for token in answer.completion_probabilities)


async def test_special_names_are_text_unless_they_are_to_be_read(
    client: HttpClient, weights: Path
) -> None:
    """An answer that holds `<|im_end|>` is not ended by it."""
    server = await on_local(client)
    assert len(await server.tokenize("<|im_end|>", parse_special=True)) == 1
    assert len(await server.tokenize("<|im_end|>", parse_special=False)) > 1
