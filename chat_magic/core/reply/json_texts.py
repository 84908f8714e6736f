"""The JSON texts in the data of one event, of which some servers send several at a time."""

from __future__ import annotations

import json
from contextlib import suppress

_DECODER = json.JSONDecoder()
_FIELD = "data:"
"""The name of the field, which some servers send twice, or without an end of line before it."""


def split_texts(data: bytes) -> list[bytes]:
    """Return the JSON objects and arrays in the data, and each line that is neither, in order."""
    text = data.decode(errors="replace")
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text.startswith(_FIELD, at):
            at += len(_FIELD)
            continue
        end = _end_of_part(text, at)
        parts.append(text[at:end].rstrip())
        at = end
    return [part.encode() for part in parts]


def whole_texts(data: bytes) -> bytes:
    """Return the data without what is not a JSON text or `[DONE]`, such as a text that was cut."""
    return b"\n".join(part for part in split_texts(data) if part == b"[DONE]" or _is_json(part))


def _end_of_part(text: str, start: int) -> int:
    if text[start] in "{[":
        with suppress(ValueError, RecursionError):
            return _DECODER.raw_decode(text, start)[1]
    line_end = text.find("\n", start)
    return len(text) if line_end < 0 else line_end


def _is_json(part: bytes) -> bool:
    try:
        json.loads(part)
    except (ValueError, RecursionError):
        return False
    return True
