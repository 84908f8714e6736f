"""Errors that a server reports in its answer, in any shape."""

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
    """Return the server's message as one printable line.

    Args:
        value: A decoded error body, an error event, or its `error` field.
    """
    message = " ".join(_message(value).split())
    return "".join(character for character in message if character.isprintable())


def _message(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return _message(value[0])
    if isinstance(value, dict):
        for field in _FIELDS:
            if value.get(field):
                return _with_parameter(_message(value[field]), value.get("param"))
    return json.dumps(value, default=str)


def _with_parameter(message: str, parameter: Any) -> str:
    """Add the parameter that the error is about, where the message does not name it."""
    if not isinstance(parameter, str) or not parameter or parameter in message:
        return message
    return f"{message} (param '{parameter}')"
