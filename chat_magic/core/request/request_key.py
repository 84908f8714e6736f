"""The key under which the answer to a request is recorded: equal requests have equal keys."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DrawCounter", "canonical_request", "differing_fields", "request_key"]

_TRANSPORT = ("stream", "stream_options")
"""Fields that change how an answer is sent, not the answer."""


def canonical_request(body: Mapping[str, Any], *, model: str | None) -> dict[str, Any]:
    """Return what identifies a request: its body without how the answer is to be sent.

    Args:
        body: The JSON object that is sent.
        model: Its model as `vendor/model`, whatever the server calls it.

    Returns:
        An object of new lists and objects, in which a number has one form: 1 and 1.0 are 1.
    """
    kept = {name: value for name, value in body.items() if name not in _TRANSPORT}
    canonical: dict[str, Any] = _canonical({**kept, "model": model})
    return canonical


def request_key(request: Mapping[str, Any], draw: int = 0, weights: str | None = None) -> str:
    """Return the SHA-256, in hexadecimal, of a request and its draw.

    Args:
        request: As `canonical_request` returns it.
        draw: How many equal requests come before it in the same call, in the order of the data.
        weights: The file of a local model, by name and size.
    """
    identity = {"draw": draw, "request": request}
    if weights is not None:
        identity["weights"] = weights
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _canonical(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class DrawCounter:
    """Counts how many equal requests come before one in a call."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def next_draw(self, key: str) -> int:
        """Return the draw of the next request with this key: 0 for the first."""
        draw = self._counts[key]
        self._counts[key] += 1
        return draw


def differing_fields(
    request: Mapping[str, Any], recordings: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Say in which fields a request differs from the recorded one that is nearest to it.

    Args:
        request: As `canonical_request` returns it.
        recordings: The recorded ones, the latest last, which wins among equally near ones.

    Returns:
        A phrase for each field, such as `temperature 0.7 (recorded: 0.2)`; empty where none is
        recorded, or an equal one is.
    """
    ours = dict(_fields(request))
    nearest: list[str] | None = None
    for recording in reversed(recordings):
        theirs = dict(_fields(recording))
        names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        phrases = [_phrase(name, ours.get(name), theirs.get(name)) for name in names]
        if nearest is None or len(phrases) < len(nearest):
            nearest = phrases
    return nearest or []


def _fields(request: Mapping[str, Any]) -> list[tuple[str, Any]]:
    messages = request.get("messages")
    fields = [(name, value) for name, value in request.items() if name != "messages"]
    if isinstance(messages, list):
        fields += [(f"messages[{index}]", message) for index, message in enumerate(messages)]
    return fields


def _phrase(name: str, ours: Any, theirs: Any) -> str:
    if any(isinstance(value, Mapping | list) for value in (ours, theirs)):
        return name
    return f"{name} {_word(ours)} (recorded: {_word(theirs)})"


def _word(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)[:80]
