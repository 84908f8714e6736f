"""What stays the same for a model of a llama.cpp server: its window and its end tokens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.errors import ApiError

if TYPE_CHECKING:
    from chat_magic.core.reply.llama_answers import LlamaAlternative
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["BIAS", "WHOLE_VOCABULARY", "LlamaModel", "LlamaModels"]

BIAS = 1e4
"""Added to the logit of a token that is to be written: far more than any two logits differ."""
WHOLE_VOCABULARY = 1_000_000
"""A number of alternatives that no vocabulary reaches: the server sends what it has."""
_CONCURRENCY = 8


@dataclass(frozen=True)
class LlamaModel:
    """What a model's server says of it."""

    ends: tuple[int, ...]
    """The ids of the tokens that end an answer."""
    n_ctx: int | None
    """Tokens of the prompt and the answer of one request."""
    chat_template: str
    """In Jinja; empty where it is not known."""


class LlamaModels:
    """Finds out once what a model's end tokens are."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], LlamaModel] = {}
        self._locks: dict[tuple[str, str, int], asyncio.Lock] = {}

    async def find(self, server: LlamaServer, endpoint: Endpoint) -> LlamaModel:
        """Return what a server says of the model of an endpoint.

        Raises:
            ChatError: It does not answer as a llama.cpp server does.
        """
        key = (endpoint.models_url, endpoint.model)
        loop = id(asyncio.get_running_loop())
        async with self._locks.setdefault((*key, loop), asyncio.Lock()):
            if key not in self._known:
                self._known[key] = await _ask(server)
            return self._known[key]


async def _ask(server: LlamaServer) -> LlamaModel:
    props = await server.props()
    named = await server.tokenize(props.eos_token, parse_special=True)
    if not named:
        raise ApiError("the server names no end token: it cannot score texts", status=200)
    main = named[0].id
    everything = await server.complete(
        [main], n_predict=1, n_probs=WHOLE_VOCABULARY, bias={main: BIAS}
    )
    tokens = [each for token in everything.completion_probabilities for each in token.top_logprobs]
    special = sorted({main, *(token.id for token in tokens if _is_control(token))})
    gate = asyncio.Semaphore(_CONCURRENCY)

    async def is_end(token: int) -> bool:
        async with gate:
            answer = await server.complete([main], n_predict=1, bias={token: BIAS})
            return answer.stop_type == "eos"

    are_ends = await asyncio.gather(*map(is_end, special))
    ends = tuple(token for token, is_one in zip(special, are_ends, strict=True) if is_one)
    return LlamaModel(ends or (main,), props.n_ctx, props.chat_template)


def _is_control(token: LlamaAlternative) -> bool:
    """Whether a token is special: the server writes no text for it."""
    return not token.token and bytes(token.raw_bytes) in (b"[]", b"null")
