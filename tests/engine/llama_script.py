"""A scripted llama.cpp server whose tokens are the characters of a text, but for some pairs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tests.gateway import Answer, Request, events, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PAIRS = {1000: "ab", 1001: "Lon", 1002: "<think>"}
"""Tokens of several characters, which the tokenizer prefers."""
SPECIAL = {2000: "<s>", 2001: "</s>"}
END = 2001
LIST = {"object": "list", "data": [{"id": "b", "owned_by": "llamacpp"}]}


def tokenize(text: str, *, special: bool = True) -> list[int]:
    """Return the tokens of a text."""
    names = {**(SPECIAL if special else {}), **PAIRS}
    ids, at = [], 0
    while at < len(text):
        found = next((i for i, name in names.items() if text.startswith(name, at)), None)
        ids.append(ord(text[at]) if found is None else found)
        at += 1 if found is None else len(names[found])
    return ids


def piece(token: int) -> str:
    """Return the text of a token."""
    return {**SPECIAL, **PAIRS}.get(token) or chr(token)


def prompt_of(messages: Sequence[Mapping[str, Any]], *, generation: bool = True) -> str:
    """Apply a template that puts in a system message of its own, and continues the assistant."""
    turns = [*messages]
    if turns[0]["role"] != "system":
        turns = [{"role": "system", "content": "Be good."}, *turns]
    is_prefilled = turns[-1]["role"] == "assistant"
    text = "".join(f"<s>{turn['role']}\n{turn['content']}</s>" for turn in turns)
    if is_prefilled:
        return text.removesuffix("</s>")
    return text + ("<s>assistant\n" if generation else "")


def llama(
    probabilities: Callable[[str], Mapping[str, float]] = lambda _answer: {"": 1.0},
) -> Callable[[Request], Answer]:
    """Answer as llama.cpp, with the probabilities of what follows an answer; empty is the end.

    Args:
        probabilities: Called with the answer so far, tokens separated by `|`.
    """

    def complete(body: Mapping[str, Any]) -> Answer:
        prompt: list[int] = body["prompt"]
        start = tokenize("<s>assistant\n")
        starts = [i for i in range(len(prompt)) if prompt[i : i + len(start)] == start]
        answer = prompt[starts[-1] + len(start) :] if starts else None
        is_known = answer is not None
        probs = probabilities("|".join(map(piece, answer))) if is_known else {"": 1.0}
        top = [_entry(text, prob) for text, prob in probs.items()]
        biased = [token for token, _ in body.get("logit_bias", [])]
        chosen = next((one for one in top if one["id"] in biased), None)
        if biased and chosen is None:
            chosen = {"id": biased[0], "token": "", "bytes": [], "logprob": -9999.0}
        first = chosen or top[0]
        token = {**first, "top_logprobs": top[: body.get("n_probs", 0)]}
        is_end = first["id"] == END
        value = {
            "index": 0,
            "content": first["token"],
            "tokens": [first["id"]],
            "completion_probabilities": [token] if body.get("n_probs") else [],
            "stop": True,
            "stop_type": "eos" if is_end else "limit",
            "tokens_predicted": 1,
            "tokens_evaluated": len(prompt),
        }
        return events(value) if body.get("stream") else whole(value)

    def answer(request: Request) -> Answer:
        body = request.json if request.body else {}
        match request.path:
            case "/v1/models":
                return whole(LIST)
            case "/props":
                settings = {"n_ctx": 2048}
                return whole({"eos_token": "</s>", "default_generation_settings": settings})
            case "/apply-template":
                generation = body.get("add_generation_prompt", True)
                return whole({"prompt": prompt_of(body["messages"], generation=generation)})
            case "/tokenize":
                ids = tokenize(body["content"], special=body["parse_special"])
                return whole({"tokens": [{"id": i, "piece": piece(i)} for i in ids]})
            case "/detokenize":
                return whole({"content": "".join(map(piece, body["tokens"]))})
            case "/completion":
                return complete(body)
        return whole({"error": {"message": "not found"}}, status=404)

    return answer


def _entry(text: str, prob: float) -> dict[str, Any]:
    if not text:
        return {"id": END, "token": "", "bytes": [], "logprob": math.log(prob)}
    (token,) = tokenize(text)
    return {"id": token, "token": text, "bytes": list(text.encode()), "logprob": math.log(prob)}
