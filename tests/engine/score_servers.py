"""Scripted servers that tell how likely a text is: each in the way of a real one."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from tests.completions import completion
from tests.gateway import Answer, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.gateway import Request

HALF = math.log(0.5)
END = {"token": "<|im_end|>", "logprob": math.log(0.25), "bytes": None}
REFUSED = whole({"error": {"message": "Unknown field", "type": "invalid_request"}}, status=400)


def pieces_of(text: str) -> list[str]:
    """Split a text into tokens of at most three characters."""
    return re.findall(".{1,3}", text, re.DOTALL)


def answer_to(request: Request) -> str:
    """Return the text of a final assistant message."""
    text: str = request.json["messages"][-1]["content"]
    return text


def listed(owner: str) -> Answer:
    """Return a list of one model."""
    return whole({"data": [{"id": "b", "owned_by": owner}]})


def _chat(owner: str, reply: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        return listed(owner) if request.path == "/v1/models" else reply(request)

    return answer


def vllm(owner: str = "vllm") -> Callable[[Request], Answer]:
    """A vLLM server: every token has the probability 1/2, the end 1/4."""

    def reply(request: Request) -> Answer:
        if request.json.get("prompt_logprobs") != 0 or not request.json["continue_final_message"]:
            return REFUSED
        tokens = ["<s>", "Hi", *pieces_of(answer_to(request))]
        rows = [{"7": {"logprob": HALF, "rank": 1, "decoded_token": token}} for token in tokens[1:]]
        body = completion("x")
        body["choices"][0]["logprobs"] = {
            "content": [{"token": "x", "logprob": HALF, "bytes": None, "top_logprobs": [END]}]
        }
        return whole({**body, "prompt_logprobs": [None, *rows]})

    return _chat(owner, reply)


def echoing(*, beside: bool) -> Callable[[Request], Answer]:
    """A server that echoes: beside the choices, with what ends the turn, or before the answer."""

    def reply(request: Request) -> Answer:
        if not request.json.get("echo"):
            return REFUSED
        tokens = ["<s>", "Hi", *pieces_of(answer_to(request))]
        tokens += ["<|im_end|>"] if beside else ["x"]
        lists = {"tokens": tokens, "token_logprobs": [None, *[HALF] * (len(tokens) - 1)]}
        body = completion("x")
        if beside:
            return whole({**body, "prompt": [{"text": "".join(tokens), "logprobs": lists}]})
        body["choices"][0]["logprobs"] = lists
        return whole(body)

    return _chat("fireworks", reply)


def plain(probs: Mapping[str, float], **fields: Any) -> Callable[[Request], Answer]:
    """A gateway that knows nothing but `top_logprobs`, and refuses unknown fields.

    Args:
        probs: The probabilities of the first token.
        **fields: Further fields of the message.
    """

    def reply(request: Request) -> Answer:
        if {"echo", "prompt_logprobs"} & request.json.keys():
            return REFUSED
        top = [
            {"token": token, "logprob": math.log(p), "bytes": None} for token, p in probs.items()
        ]
        body = completion(next(iter(probs), ""), finish_reason="length")
        entries = [{**top[0], "top_logprobs": top}] if top else []
        body["choices"][0]["logprobs"] = {"content": entries}
        body["choices"][0]["message"] |= fields
        return whole(body)

    return _chat("someone", reply)


class LlamaScript:
    """A llama.cpp server whose tokens are the characters of a text, with their code points as ids.

    Every token has the probability 1/2, the end tokens 1 and 2 have 1/4 and 1/8.

    Args:
        window: Tokens that a request may have.
        heeds: Whether it heeds grammars and biases.
        template_end: What the template puts at the end of a prompt.
        refuses_grammar: Whether it refuses every grammar.
    """

    def __init__(
        self,
        *,
        window: int = 100,
        heeds: bool = True,
        template_end: str = "A:",
        refuses_grammar: bool = False,
    ) -> None:
        self._window = window
        self._heeds = heeds
        self._template_end = template_end
        self._refuses_grammar = refuses_grammar

    def __call__(self, request: Request) -> Answer:
        """Answer a request by its path."""
        answers = {
            "/v1/models": lambda: listed("llamacpp"),
            "/props": lambda: whole(
                {"default_generation_settings": {"n_ctx": self._window}, "eos_token": "\x01"}
            ),
            "/apply-template": lambda: whole({"prompt": self._prompt(request)}),
            "/tokenize": lambda: whole({"tokens": _pieces(request.json["content"])}),
            "/completion": lambda: self._complete(request.json),
        }
        return answers[request.path]()

    def _prompt(self, request: Request) -> str:
        texts = [message["content"] for message in request.json["messages"]]
        return "".join(texts) + self._template_end

    def _complete(self, body: Mapping[str, Any]) -> Answer:
        if "grammar" in body and self._refuses_grammar:
            return whole({"error": {"message": "failed to parse grammar"}}, status=400)
        ids = [int(each) for each in re.findall(r"<\[(\d+)\]>", body.get("grammar", ""))]
        ids += [token for token, _ in body.get("logit_bias", [])]
        if not self._heeds:
            ids = [ord("?")] * len(ids)
        count = body["n_predict"]
        written = ([*ids, 1])[:count]
        entries = [_entry(token, body["n_probs"]) for token in written]
        # A token that ends inside a character has no entry.
        entries = [entry for entry in entries if entry["id"] != PART]
        return whole(
            {
                "content": "".join(chr(token) for token in written if token > 2),
                "tokens": written,
                "completion_probabilities": entries,
                "stop_type": "eos" if written[-1] in (1, 2) else "limit",
            }
        )


PART = ord("½")
"""Stands for a token that ends inside a character."""
_PROBS = {1: 0.25, 2: 0.125, PART: 0.0625}


def _pieces(text: str) -> list[dict[str, Any]]:
    return [{"id": ord(c), "piece": [*c.encode()] if ord(c) == PART else c} for c in text]


def _entry(token: int, n_probs: int) -> dict[str, Any]:
    top = [_alternative(each) for each in (1, 2, PART, 3 + token, 4 + token)][:n_probs]
    return {**_alternative(token, written=True), "top_logprobs": top}


def _alternative(token: int, *, written: bool = False) -> dict[str, Any]:
    text = chr(token) if token > 2 else ""
    logprob = math.log(_PROBS.get(token, 0.5 if written else 0.01))
    return {"id": token, "token": text, "bytes": [*text.encode()], "logprob": logprob}


def sent_to(requests: Sequence[Request], path: str) -> list[Any]:
    """Return the bodies that were sent to a path."""
    return [json.loads(request.body or b"null") for request in requests if request.path == path]
