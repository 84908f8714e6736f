"""The events of llama.cpp's `/completion` as those of a chat completion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["chat_chunk"]

_FINISH = {"eos": "stop", "word": "stop", "limit": "length"}


def chat_chunk(data: bytes) -> bytes:
    """Return an event, or a whole answer, as a chunk of a chat completion.

    What is not a completion, such as an error or `[DONE]`, is returned as it is.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if isinstance(value, list):  # several choices that were not streamed
        chunks = [_chunk(item) for item in value if isinstance(item, dict)]
        choices = [choice for chunk in chunks for choice in chunk["choices"]]
        return _written({**chunks[0], "choices": choices}) if chunks else data
    if not isinstance(value, dict) or "content" not in value or "error" in value:
        return data
    return _written(_chunk(value))


def _chunk(value: Mapping[str, Any]) -> dict[str, Any]:
    choice: dict[str, Any] = {
        "index": value.get("index", 0),
        "delta": {"content": value.get("content", "")},
        "finish_reason": None,
    }
    if probabilities := value.get("completion_probabilities"):
        choice["logprobs"] = {"content": probabilities}
    chunk: dict[str, Any] = {"object": "chat.completion.chunk", "choices": [choice]}
    if value.get("stop"):
        choice["finish_reason"] = _FINISH.get(str(value.get("stop_type")), "stop")
        chunk["usage"] = _usage(value)
    if "model" in value:
        chunk["model"] = value["model"]
    if "timings" in value:
        chunk["timings"] = value["timings"]
    return chunk


def _usage(value: Mapping[str, Any]) -> dict[str, Any]:
    prompt, answer = value.get("tokens_evaluated", 0), value.get("tokens_predicted", 0)
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
    }
    cached = (value.get("timings") or {}).get("cache_n")
    return (
        usage if cached is None else {**usage, "prompt_tokens_details": {"cached_tokens": cached}}
    )


def _written(chunk: Mapping[str, Any]) -> bytes:
    return json.dumps(chunk, ensure_ascii=False).encode(errors="surrogatepass")
