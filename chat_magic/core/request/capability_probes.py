"""The small requests that show what a server does with each field."""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "BASE",
    "COUNTED_TO",
    "HOT",
    "MANY_ALTERNATIVES",
    "MOST_REQUESTS",
    "MOST_TOKENS",
    "PREFILL",
    "PROPERTY",
    "SHORT",
    "TOOL",
    "UNKNOWN_FIELD",
    "counting",
    "first_word",
    "json_object",
    "prefilled",
    "reasoned",
    "story",
    "tool_call",
]

MOST_REQUESTS: Final = 12
MOST_TOKENS: Final = (500, 250)
"""Tokens that all requests together have at most, in their prompts and in the answers; a model
that reasons may write more."""
SHORT: Final = 8
"""Tokens of most of the answers."""
MANY_ALTERNATIVES: Final = 1000
"""More than any limit of a hosted server."""
HOT: Final = 1.5
"""A temperature at which two answers are not equal by chance."""
COUNTED_TO: Final = 6
PREFILL: Final = "Counting: 1, 2, 3, 4, 5, 6,"
PROPERTY: Final = "zebras"
TOOL: Final = "ping"
UNKNOWN_FIELD: Final = "chat_magic_probe"

Fields = dict[str, Any]

BASE: Final[Fields] = {
    "temperature": 0,
    "stream": True,
    "stream_options": {"include_usage": True},
    "logprobs": True,
    "top_logprobs": 5,
}
"""The fields of the first request besides its limit; one that is refused is left out then."""


def _asking(text: str, **fields: Any) -> Fields:
    return {"messages": [{"role": "user", "content": text}], **fields}


def counting(**fields: Any) -> Fields:
    """Ask for a long answer whose words are known."""
    return _asking("Count from one to twenty in words, separated by commas.", **fields)


def story(**fields: Any) -> Fields:
    """Ask for an answer that differs each time."""
    return _asking("Write the first sentence of a story about anything.", **fields)


def first_word(**fields: Any) -> Fields:
    """Ask for a word of which several are about as likely."""
    return _asking("Name a color. Answer in one word.", logprobs=True, **fields)


def prefilled(**fields: Any) -> Fields:
    """Ask for a count whose beginning the last message has."""
    request = _asking("Count from 1 to 20 in digits.", **fields)
    return {
        **request,
        "messages": [*request["messages"], {"role": "assistant", "content": PREFILL}],
    }


def json_object(**fields: Any) -> Fields:
    """Ask for an object that no model would write by itself."""
    schema = {
        "type": "object",
        "properties": {PROPERTY: {"type": "integer"}},
        "required": [PROPERTY],
        "additionalProperties": False,
    }
    form = {"name": "answer", "strict": True, "schema": schema}
    return _asking("Hello.", response_format={"type": "json_schema", "json_schema": form}, **fields)


def tool_call(**fields: Any) -> Fields:
    """Ask for the call of a function without arguments."""
    function = {
        "name": TOOL,
        "description": "Ping the server.",
        "parameters": {"type": "object", "properties": {}},
    }
    tools = [{"type": "function", "function": function}]
    return _asking("Ping the server.", tools=tools, tool_choice="required", **fields)


def reasoned(**fields: Any) -> Fields:
    """Ask for some reasoning, with a field that no server knows."""
    return _asking("What is 2 + 2?", **{"reasoning_effort": "low", UNKNOWN_FIELD: True, **fields})
