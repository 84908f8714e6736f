"""What is asked of each server, by chat-magic and by openai-python, and how the two answers differ.

A feature is a set of parameters; both clients send the same request at temperature 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openai

import chat_magic

if TYPE_CHECKING:
    from tests.servers.servers import Running

PROMPT = [{"role": "user", "content": "Name three fruits."}]
COMMON = {"temperature": 0, "seed": 1, "max_tokens": 24}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "fruit",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 12}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]
FEATURES: dict[str, dict[str, Any]] = {
    "whole": {"stream": False},
    "streamed": {},
    "a system message": {
        "messages": [{"role": "system", "content": "Answer with one word."}, *PROMPT]
    },
    "n = 3": {"n": 3},
    "n = 3, whole": {"n": 3, "stream": False},
    "logprobs": {"logprobs": True},
    "top_logprobs = 5": {"logprobs": True, "top_logprobs": 5},
    "top_logprobs = 5, whole": {"logprobs": True, "top_logprobs": 5, "stream": False},
    "stop": {"stop": [","]},
    "max_completion_tokens": {"max_tokens": None, "max_completion_tokens": 5},
    "a JSON Schema": {"response_format": SCHEMA, "max_tokens": 48},
    "a required tool": {"tools": TOOLS, "tool_choice": "required", "max_tokens": 64},
    "a prefill": {"messages": [*PROMPT, {"role": "assistant", "content": "Three fruits are"}]},
    "characters of several bytes": {
        "messages": [{"role": "user", "content": "Repeat: \u6570\u5b66 \u00e9\u00e8 \U0001f600"}]
    },
    "an unknown model": {"model": "no/such-model"},
    "a wrong value": {"logit_bias": {"999999999": 100}},
}


@dataclass(frozen=True)
class Outcome:
    """What a client made of an answer."""

    texts: tuple[str, ...] = ()
    finish_reasons: tuple[str | None, ...] = ()
    n_logprobs: tuple[int, ...] = ()
    tool_arguments: tuple[str, ...] = ()
    status: int | None = None
    """The HTTP status of a refusal."""
    error: str = ""
    notes: tuple[str, ...] = ()
    """Warnings, which openai-python has none of."""

    def differences(self, other: Outcome) -> list[str]:
        """Say in which fields two outcomes differ."""
        names = ("status", "texts", "finish_reasons", "n_logprobs", "tool_arguments")
        pairs = [(name, getattr(self, name), getattr(other, name)) for name in names]
        return [f"{name}: {a!r} / {b!r}" for name, a, b in pairs if a != b]


def request_of(feature: str, server: Running) -> dict[str, Any]:
    """Return the parameters of a request, without those that are None."""
    request = {"model": server.model, "messages": PROMPT, **COMMON, **FEATURES[feature]}
    return {name: value for name, value in request.items() if value is not None}


def ask_chat_magic(request: dict[str, Any]) -> Outcome:
    """Ask by `chat_magic.chat`; the endpoint is in the environment."""
    try:
        result = chat_magic.chat(**request)
    except chat_magic.ApiError as error:
        return Outcome(status=error.status, error=str(error))
    except chat_magic.ChatError as error:
        return Outcome(error=f"{type(error).__name__}: {error}")
    choices = result.choices
    return Outcome(
        tuple(choice.text or "" for choice in choices),
        tuple(choice.finish_reason for choice in choices),
        tuple(len(choice.logprobs.content or ()) if choice.logprobs else 0 for choice in choices),
        tuple(call.function.arguments for choice in choices for call in choice.tool_calls or ()),
        notes=tuple(map(str, result.warnings)),
    )


def ask_openai(request: dict[str, Any], server: Running) -> Outcome:
    """Ask by openai-python."""
    client = openai.OpenAI(base_url=server.base_url, api_key=server.key, max_retries=0)
    try:
        return (
            _streamed(client, request) if request.get("stream", True) else _whole(client, request)
        )
    except openai.APIStatusError as error:
        return Outcome(status=error.status_code, error=str(error))
    except Exception as error:  # whatever it raises is its outcome
        return Outcome(error=f"{type(error).__name__}: {error}")


def _whole(client: openai.OpenAI, request: dict[str, Any]) -> Outcome:
    choices = client.chat.completions.create(**request).choices
    return Outcome(
        tuple(choice.message.content or "" for choice in choices),
        tuple(choice.finish_reason for choice in choices),
        tuple(len(choice.logprobs.content or ()) if choice.logprobs else 0 for choice in choices),
        tuple(c.function.arguments for choice in choices for c in choice.message.tool_calls or ()),
    )


def _streamed(client: openai.OpenAI, request: dict[str, Any]) -> Outcome:
    texts: dict[int, str] = {}
    finish_reasons: dict[int, str | None] = {}
    n_logprobs: dict[int, int] = {}
    arguments: dict[tuple[int, int], str] = {}
    for chunk in client.chat.completions.create(**{**request, "stream": True}):
        for choice in chunk.choices:
            index = choice.index
            texts[index] = texts.get(index, "") + (choice.delta.content or "")
            finish_reasons[index] = choice.finish_reason or finish_reasons.get(index)
            entries = (choice.logprobs.content or ()) if choice.logprobs else ()
            n_logprobs[index] = n_logprobs.get(index, 0) + len(entries)
            for call in choice.delta.tool_calls or ():
                place = index, call.index
                more = (call.function.arguments or "") if call.function else ""
                arguments[place] = arguments.get(place, "") + more
    return Outcome(
        tuple(text for _, text in sorted(texts.items())),
        tuple(finish_reasons[index] for index in sorted(texts)),
        tuple(n_logprobs[index] for index in sorted(texts)),
        tuple(text for _, text in sorted(arguments.items())),
    )
