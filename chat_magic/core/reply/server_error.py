"""Errors that a server reports in its answer, in any shape."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

_GENERAL = (
    *("error", "message", "msg", "error_message", "error_msg", "errmsg", "errorMessage"),
    *("title", "status_msg", "base_resp", "description", "reason", "exception"),
    *("faultstring", "Error", "Message"),
)
"""Fields that say what went wrong, the more general first."""
_PARTICULAR = (
    "detail",
    "details",
    "errors",
    "issues",
    "fieldViolations",
    "innererror",
    "inner_error",
    "cause",
)
"""Fields that say why."""
_PLACES = ("loc", "field", "target", "path", "instancePath")
"""Fields that name what an entry of a list of errors is about."""
_MAX_DEPTH = 8
_MAX_OPENINGS = 4
_MAX_LITERAL = 20_000
"""Characters of Python's notation that are read: some servers send it in place of JSON."""
_OPENING = re.compile(r"[\[{]")
_INTRODUCTION = re.compile(r"[\s:\-(]*(?:\bb)?['\"]?\Z")
"""What stands between words and the JSON that they introduce."""
_BYTES = re.compile(r"\bb(['\"])\s*[\[{]")
"""The beginning of JSON as Python shows bytes."""
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):.*\n(?=\S)", re.DOTALL)
_NOISE = re.compile(
    r"\s*\[type=\w+(?:, input_value=.*?)?(?:, input_type=\w+)?\](?=\s|\Z)"
    r"|\s*For further information visit \S+"
    r"|\s*File \"[^\"\n]*\", line \d+, in \w+(?:\s+[A-Z]+ /\S*)?"
    r"|\.?\s*Received Model Group=.*",
    re.DOTALL,
)
"""What pydantic and gateways add to a reason."""
_VALIDATION = re.compile(r"\d+ validation errors? for [^\n]*\n")


class ServerError(Exception):
    """The server reported an error inside its answer.

    Args:
        value: The error as sent: an object, a text or a list.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(describe_error(value))


def describe_error(value: Any) -> str:
    """Return the server's message as one printable line, with the reasons inside it.

    The reasons are those of the provider behind a gateway, of each field that was refused, and of
    JSON that was put into a message as text.

    Args:
        value: A decoded error body, an error event, or its `error` field.
    """
    message = " ".join((_message(value) or json.dumps(value, default=str)).split())
    return "".join(character for character in message if character.isprintable())


def _message(value: Any, depth: int = 0) -> str:
    """Return the message in a value; empty if there is none."""
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, str):
        return _condensed(_unwrapped(_without_bytes(value), depth))
    if isinstance(value, list):
        return _joined([_message(item, depth + 1) for item in value], "; ")
    if isinstance(value, dict):
        return _of_object(value, depth)
    return ""


def _of_object(value: Mapping[str, Any], depth: int) -> str:
    fields = [_message(value.get(name), depth + 1) for name in _GENERAL]
    reasons = [_reason(value.get(name), depth + 1) for name in _PARTICULAR]
    if isinstance(value.get("param"), list | dict):
        reasons.append(_reason(value["param"], depth + 1))
    words = _joined([*fields, *reasons], ": ")
    if metadata := value.get("metadata"):
        words = _with_provider(words, metadata, depth + 1)
    if not words:
        return ""
    words = _with_parameter(words, value.get("param"))
    places = () if "timestamp" in value else _PLACES  # Spring's `path` is that of the request
    place = next((_place(value[name]) for name in places if value.get(name)), "")
    return words if not place or _names(words, place) else f"{place}: {words}"


def _reason(value: Any, depth: int) -> str:
    """Return the message in a field that says why; an object may have an entry for each field."""
    words = _message(value, depth)
    if words or not isinstance(value, dict):
        return words
    if code := value.get("code"):
        return str(code)
    entries = {name: _message(item, depth + 1) for name, item in value.items()}
    return "; ".join(f"{name}: {words}" for name, words in entries.items() if words)


def _with_provider(words: str, metadata: Any, depth: int) -> str:
    """Add what the provider behind a gateway said, and its name."""
    if not isinstance(metadata, dict):
        return words
    raw, reasons = metadata.get("raw"), metadata.get("reasons")
    said = _joined([_message(raw, depth), _message(reasons, depth)], "; ")
    if not said and isinstance(raw, dict | list):
        said = json.dumps(raw, default=str)
    name = metadata.get("provider_name")
    if isinstance(name, str) and name:
        said = f"{name}: {said}" if said else name
    return f"{words} ({said})" if words and said else words or said


def _place(value: Any) -> str:
    """Return the name of a field, such as `messages.0.content`."""
    parts = [value] if not isinstance(value, Sequence) or isinstance(value, str) else value
    names = [str(part) for part in parts]
    return ".".join(names[1:] if len(names) > 1 and names[0] == "body" else names)


def _joined(parts: list[str], separator: str) -> str:
    """Join the parts, without those that another one contains."""
    kept: list[str] = []
    for part in filter(None, parts):
        if not any(part in other for other in kept):
            kept = [other for other in kept if other not in part] + [part]
    return separator.join([part.rstrip(". ") for part in kept[:-1]] + kept[-1:])


def _without_bytes(text: str) -> str:
    """Replace bytes in Python's notation by the text in them."""
    if start := _BYTES.search(text):
        end = text.rfind(start[1]) + 1
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            inner: bytes = ast.literal_eval(text[start.start() : end])
            return text[: start.start()] + inner.decode(errors="replace") + text[end:]
    return text


def _unwrapped(text: str, depth: int) -> str:
    """Replace JSON in a text, or Python's notation of it, by the message in it."""
    for opening in _openings(text):
        for value, end in _values_at(text, opening):
            if words := _message(value, depth + 1):
                before = _INTRODUCTION.sub("", text[:opening])
                after = text[end:].lstrip("'\"").rstrip()
                return (f"{before}: {words}" if before.strip() else words) + after
    return text


def _openings(text: str) -> Iterator[int]:
    """Yield the first places where JSON may begin."""
    yield from (match.start() for match in islice(_OPENING.finditer(text), _MAX_OPENINGS))


def _values_at(text: str, start: int) -> Iterator[tuple[Any, int]]:
    """Yield what JSON, or else Python's notation, says from a place on, and where it ends."""
    readers: tuple[Callable[[str, int], tuple[Any, int]], ...] = (_json_at, _literal_at)
    for reader in readers:
        try:
            value, end = reader(text, start)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict | list):
            yield value, end


def _json_at(text: str, start: int) -> tuple[Any, int]:
    return json.JSONDecoder(strict=False).raw_decode(text, start)


def _literal_at(text: str, start: int) -> tuple[Any, int]:
    end = max(text.rfind("}"), text.rfind("]")) + 1
    if end - start > _MAX_LITERAL:
        raise ValueError("too long")
    return ast.literal_eval(text[start:end]), end


def _condensed(text: str) -> str:
    """Cut a traceback to its last line, and a validation report to its fields and reasons."""
    text = _TRACEBACK.sub("", text)
    if head := _VALIDATION.search(text):
        report = _NOISE.sub("", text[head.end() :])
        fields = [line.strip() for line in report.split("\n") if not line.startswith(" ")]
        reasons = [line.strip() for line in report.split("\n") if line.startswith("  ")]
        entries = [f"{place}: {why}" for place, why in zip(fields, reasons, strict=False)]
        return text[: head.end()].strip() + ": " + "; ".join(entries)
    return _NOISE.sub("", text)


def _with_parameter(message: str, parameter: Any) -> str:
    """Add the parameter that the error is about, where the message does not name it."""
    if not isinstance(parameter, str) or not parameter or _names(message, parameter):
        return message
    return f"{message} (param '{parameter}')"


def _names(message: str, parameter: str) -> bool:
    """Whether a message has the name of a parameter as a word."""
    return re.search(rf"(?<!\w){re.escape(parameter)}(?!\w)", message) is not None
