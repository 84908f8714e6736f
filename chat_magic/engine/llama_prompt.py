"""The prompt of a chat request as token ids, as a llama.cpp server reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.thinking import NO_THINKING, ends_in_thought
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.reply.llama_answers import LlamaPiece
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["answer_prompt", "prompt_fields", "prompt_pieces"]

_SAMPLING = frozenset(
    [
        "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens",
        "min_p", "n", "presence_penalty", "response_format", "score", "search", "seed", "stop",
        "stream", "stream_options", "temperature", "top_k", "top_logprobs", "top_p",
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


async def answer_prompt(server: LlamaServer, body: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the token ids of a chat request after which the model's answer begins.

    Raises:
        InvalidRequest: Its thoughts would begin there.
    """
    text = await server.apply_template(prompt_fields(body))
    if ends_in_thought(text):
        raise InvalidRequest(
            "the model thinks before it answers: what is asked would be of a thought, not of the "
            f"answer; {NO_THINKING}"
        )
    pieces = await server.tokenize(text, parse_special=True, add_special=True)
    return tuple(piece.id for piece in pieces)
