"""The JSON of an answer, among the reasoning, the code fence and the text around it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAGS = ("think", "thinking", "thought", "reasoning", "seed:think")
_OPENINGS = (*(f"<{tag}>" for tag in _TAGS), "[THINK]", "◁think▷")
_CLOSINGS = (*(f"</{tag}>" for tag in _TAGS), "[/THINK]", "◁/think▷")
REASONING_START = re.compile("|".join(map(re.escape, _OPENINGS)))
"""What opens reasoning within a text: models and templates differ in the tag."""
REASONING_END = re.compile("|".join(map(re.escape, _CLOSINGS)))
FENCE = re.compile(r"```[^\n]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_TIGHT_FENCE = re.compile(r"```[^\n]*\n(.*)```\s*\Z", re.DOTALL)
"""A fence that closes at the end of the text, also within the last line."""
_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(?P<body>.*?)\n?[ \t]*```\s*", re.DOTALL)
_MOST_TRIES = 100
"""Braces at which an object in prose is looked for."""
_JSON_FORMATS = ("json_object", "json_schema")
_OTHER_FIELDS = ("json_schema", "guided_json", "structured_outputs")
"""Fields of llama.cpp and vLLM that ask for JSON."""


class JsonAnswer(NamedTuple):
    """The JSON in an answer, and what stands around it."""

    text: str
    in_fence: bool = False
    in_prose: bool = False
    """Whether there is other text than reasoning and a fence."""
    in_open_reasoning: bool = False
    """Whether the reasoning before it is not closed."""


def json_answer(text: str) -> JsonAnswer:
    """Find the JSON of an answer: the first of these that is JSON.

    The whole text; what follows its reasoning (`<think>…</think>`, opened or not) or precedes it;
    what a code fence holds there; the only object in the prose there; the same after reasoning
    that is not closed. If none is JSON, it is what follows the reasoning, without a fence.
    """
    found = next((answer for answer in _candidates(text) if _is_json(answer.text)), None)
    if found:
        return found
    body = text[_ends(text)[-1] :]
    match = _FENCED.fullmatch(body)
    return JsonAnswer(match["body"], in_fence=True) if match else JsonAnswer(body)


def json_regions(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of where JSON may be, whole or truncated, without prose around it.

    First the whole text, then what follows its reasoning, then what a code fence holds.
    """
    ends = _ends(text)
    for start in ends:
        yield start, len(text)
    for start in ends[1:] or ends:
        if fence := FENCE.search(text, start):
            yield fence.span(1)


def asks_for_json(body: Mapping[str, Any]) -> bool:
    """Whether the body of a request demands an answer that is JSON."""
    form = body.get("response_format")
    kind = form.get("type") if isinstance(form, dict) else None
    return kind in _JSON_FORMATS or any(body.get(name) for name in _OTHER_FIELDS)


def _candidates(text: str) -> Iterator[JsonAnswer]:
    opening, ends = REASONING_START.search(text), _ends(text)
    yield JsonAnswer(text)
    yield from (JsonAnswer(text[end:]) for end in ends[1:])
    if opening:
        yield JsonAnswer(text[: opening.start()])
    if opening and len(ends) == 1:
        for answer in _within(text[opening.end() :]):
            yield answer._replace(in_prose=False, in_open_reasoning=True)
        return
    for end in ends[1:-1]:
        yield from _fenced(text[end:])
    yield from _within(text[ends[-1] :])


def _within(text: str) -> Iterator[JsonAnswer]:
    """Yield the JSON in a text without reasoning: all of it, in a fence, the only object."""
    yield JsonAnswer(text)
    yield from _fenced(text)
    if only := _only_object(text):
        yield JsonAnswer(only, in_prose=True)


def _ends(text: str) -> list[int]:
    """Return where the answer may begin: at the start, and after each end of reasoning."""
    return [0, *(match.end() for match in REASONING_END.finditer(text))]


def _fenced(text: str) -> Iterator[JsonAnswer]:
    for pattern in (_TIGHT_FENCE, FENCE):
        if match := pattern.search(text):
            around = text[: match.start()] + text[match.end() :]
            yield JsonAnswer(match[1], in_fence=True, in_prose=bool(around.strip()))


def _only_object(text: str) -> str | None:
    """Return the only JSON object in a text; None if there is none, or several."""
    found: list[str] = []
    start, decoder = text.find("{"), json.JSONDecoder()
    for _ in range(_MOST_TRIES):
        if start < 0 or len(found) > 1:
            break
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            found.append(text[start:end])
        start = text.find("{", end)
    return found[0] if len(found) == 1 and start < 0 else None


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True
