"""The answers of llama.cpp's own endpoints, as it sends them."""

from __future__ import annotations

import msgspec
import pytest

from chat_magic.core.reply.llama_answers import (
    LlamaCompletion,
    LlamaPiece,
    LlamaProps,
    TokenizedText,
)


def test_a_piece_is_text_or_the_bytes_of_a_part_of_a_character() -> None:
    """The server writes out bytes that are not UTF-8."""
    answer = b'{"tokens": [{"id": 1, "piece": "a\\u00e9"}, {"id": 2, "piece": [230, 149]}]}'
    whole, part = msgspec.json.decode(answer, type=TokenizedText).tokens
    assert (whole.content, whole.is_whole) == ("aé".encode(), True)
    assert (part.content, part.is_whole) == (b"\xe6\x95", False)
    assert LlamaPiece(id=2).content == b""


def test_a_completion_has_ids_probabilities_and_why_it_stopped() -> None:
    """Unknown fields are ignored."""
    answer = b"""{"content": "Par", "tokens": [21253], "stop": true, "stop_type": "limit",
        "tokens_predicted": 1, "completion_probabilities": [{"id": 21253, "token": "Par",
        "bytes": [80, 97, 114], "logprob": -1.5, "top_logprobs": [
        {"id": 2, "token": "", "bytes": [], "logprob": -0.5}]}]}"""
    completion = msgspec.json.decode(answer, type=LlamaCompletion)
    assert (completion.tokens, completion.stop_type) == ([21253], "limit")
    (token,) = completion.completion_probabilities
    assert (token.id, token.logprob, bytes(token.raw_bytes)) == (21253, -1.5, b"[80, 97, 114]")
    assert [(other.id, other.logprob) for other in token.top_logprobs] == [(2, -0.5)]


@pytest.mark.parametrize(("said", "n_ctx"), [(2048, 2048), (0, None), (None, None)])
def test_the_properties_say_how_much_a_request_may_hold(
    said: int | None, n_ctx: int | None
) -> None:
    """In tokens, where the server says it."""
    assert LlamaProps(default_generation_settings={"n_ctx": said}).n_ctx == n_ctx
