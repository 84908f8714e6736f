"""Completions as tests write them: whole, as chunks, and as server-sent events."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DONE = b"data: [DONE]\n\n"


def sse(value: Any) -> bytes:
    """Return one event with a JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def body_of(row: Mapping[str, Any]) -> bytes:
    """Return what a row of `tests/wire/dialects.json` sends.

    An object is an event, a text is sent as it is, and `$hex` holds bytes.
    """
    return b"".join(map(_sent, row["body"]))


def _sent(item: Any) -> bytes:
    if isinstance(item, str):
        return item.encode()
    return bytes.fromhex(item["$hex"]) if "$hex" in item else sse(item)


def delta(content: str | None = None, *, index: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a chunk with one choice; its fields, and those of its delta, are mixed."""
    choice = {name: fields.pop(name) for name in ("finish_reason", "logprobs") if name in fields}
    if content is not None:
        fields["content"] = content
    return chunk({"index": index, "delta": fields, "finish_reason": None, **choice})


def chunk(*choices: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a chunk with these choices."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "test/model",
        "choices": list(choices),
        **fields,
    }


def completion(
    *texts: str, finish_reason: str = "stop", n_top: int | None = None
) -> dict[str, Any]:
    """Return a whole completion with a choice for each text.

    Args:
        *texts: What each choice says.
        finish_reason: How all of them end.
        n_top: With log probabilities for each word, and so many alternatives.
    """
    choices = []
    for index, text in enumerate(texts):
        logprobs = None if n_top is None else {"content": tokens(text, n_top), "refusal": None}
        message = {"role": "assistant", "content": text}
        choices.append(
            {
                "index": index,
                "message": message,
                "logprobs": logprobs,
                "finish_reason": finish_reason,
            }
        )
    n_tokens = sum(len(text.split(" ")) for text in texts)
    usage = {"prompt_tokens": 5, "completion_tokens": n_tokens, "total_tokens": n_tokens + 5}
    return {**chunk(*choices), "object": "chat.completion", "usage": usage}


def tokens(text: str, n_top: int = 0) -> list[dict[str, Any]]:
    """Return a text's words as tokens with a probability of one half each."""
    words = [word if at == 0 else f" {word}" for at, word in enumerate(text.split(" "))]
    return [token(word, [word, *(f"{word}{k}" for k in range(1, n_top))][:n_top]) for word in words]


def token(text: str, top: Sequence[str] = (), logprob: float = -0.6931) -> dict[str, Any]:
    """Return one token and its alternatives, each less likely by one nat."""
    alternatives = [_alone(other, logprob - rank) for rank, other in enumerate(top)]
    return {**_alone(text, logprob), "top_logprobs": alternatives}


def _alone(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode())}


def chunks_of(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a whole completion as the chunks of a stream: choices interleaved, usage last."""
    head = {k: v for k, v in value.items() if k not in {"choices", "usage", "object"}}
    head["object"] = "chat.completion.chunk"
    rounds = zip_longest(*(_pieces_of(choice) for choice in value["choices"]))
    chunks = [{**head, "choices": [piece]} for pieces in rounds for piece in pieces if piece]
    if value.get("usage"):
        chunks.append({**head, "choices": [], "usage": value["usage"]})
    return chunks


def _pieces_of(choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a choice as the choices of successive chunks."""
    message = dict(choice["message"])
    yield _piece(choice, {"role": message.pop("role")})
    for part in ("reasoning_content", "refusal", "content"):
        yield from _text_pieces(choice, part, message.pop(part, None))
    for index, call in enumerate(message.pop("tool_calls", None) or ()):
        yield from _call_pieces(choice, index, call)
    known = {"index", "message", "logprobs", "finish_reason"}
    extra = {name: value for name, value in choice.items() if name not in known}
    yield {**_piece(choice, message), "finish_reason": choice["finish_reason"], **extra}


def _text_pieces(
    choice: Mapping[str, Any], part: str, text: str | None
) -> Iterator[dict[str, Any]]:
    tokens = (choice.get("logprobs") or {}).get(part)
    if tokens is None:
        tokens = []
        for at in range(0, len(text or ""), 3):
            yield _piece(choice, {part: (text or "")[at : at + 3]})
    for entry in tokens:
        yield {**_piece(choice, {part: entry["token"]}), "logprobs": {part: [entry]}}


def _call_pieces(
    choice: Mapping[str, Any], index: int, call: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    arguments = call["function"]["arguments"]
    head = {**call, "function": {**call["function"], "arguments": ""}}
    yield _piece(choice, {"tool_calls": [{"index": index, **head}]})
    for at in range(0, len(arguments), 3):
        piece = {"index": index, "function": {"arguments": arguments[at : at + 3]}}
        yield _piece(choice, {"tool_calls": [piece]})


def _piece(choice: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    return {"index": choice["index"], "delta": delta, "finish_reason": None}
