"""The prompt of a chat request as token ids, as a llama.cpp server reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.reply.llama_answers import LlamaPiece
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["prompt_fields", "prompt_pieces"]

_SAMPLING = frozenset(
    [
        "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens",
        "min_p", "n", "presence_penalty", "response_format", "score", "seed", "stop", "stream",
        "stream_options", "temperature", "top_k", "top_logprobs", "top_p",
    ]
)  # fmt: skip


def prompt_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chat request without the fields that concern how it is answered."""
    return {name: value for name, value in body.items() if name not in _SAMPLING}


async def prompt_pieces(server: LlamaServer, body: Mapping[str, Any]) -> list[LlamaPiece]:
    """Return the tokens of a chat request.

    Args:
        server: The server.
        body: The request; where its last message is the assistant's, its text ends the prompt.
    """
    text = await server.apply_template(prompt_fields(body))
    return await server.tokenize(text, parse_special=True, add_special=True)
