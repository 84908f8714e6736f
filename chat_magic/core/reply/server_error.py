"""An error that a server reports in its answer: its own words, from any shape."""

from __future__ import annotations

import json
from typing import Any

_FIELDS = ("error", "errors", "message", "msg", "detail")


class ServerError(Exception):
    """The server reported an error inside its answer.

    Args:
        value: The error as sent: an object, a text or a list.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(describe_error(value))


def describe_error(value: Any) -> str:
    """Return the server's own words as one printable line.

    Args:
        value: A decoded error body, an error event, or its `error` field.
    """
    words = " ".join(_words(value).split())
    return "".join(character for character in words if character.isprintable())


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return _words(value[0])
    if isinstance(value, dict):
        for field in _FIELDS:
            if value.get(field):
                return _with_parameter(_words(value[field]), value.get("param"))
    return json.dumps(value, default=str)


def _with_parameter(words: str, parameter: Any) -> str:
    """Name the parameter that the error is about, where its words do not."""
    if not isinstance(parameter, str) or not parameter or parameter in words:
        return words
    return f"{words} (param '{parameter}')"
