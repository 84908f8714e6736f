"""Cutting texts into named segments: JSON fields, sentences, lines, words, matches, ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from chat_magic.analysis.json_fields import json_fields
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ("json", "sentence", "line", "word", "regex", "user")

SpanUnit: TypeAlias = "Literal['json', 'sentence', 'line', 'word'] | re.Pattern[str] | Ranges"
Ranges: TypeAlias = "list[tuple[int, int]] | tuple[tuple[int, int], ...]"

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\s*\S+(?:\s+\Z)?|\s+\Z")
_SENTENCE = re.compile(
    r"\s*(?:\d+[.)]\s)?"  # the number of a list item does not end a sentence
    r".*?(?:[.!?…]+[\"'”\u2019)\]*_]*(?=\s+[^\sa-z]|\s*\Z)"
    r"|[。\uff01\uff1f]+[」』”\u2019\uff09]*|(?=\n)|\Z)"
    r"(?:[^\S\n]*\n)*(?:\s+\Z)?"
)


class Segment(NamedTuple):
    """A part of a text, in code points."""

    name: str
    start: int
    end: int


def kind_of(by: SpanUnit) -> str:
    """Return the name in `KINDS` of a unit of segments.

    Raises:
        InvalidRequest: It is not a unit.
    """
    if isinstance(by, str) and by in KINDS[:4]:
        return by
    if isinstance(by, re.Pattern) and isinstance(by.pattern, str):
        return "regex"
    if isinstance(by, list | tuple) and all(map(_is_range, by)):
        return "user"
    raise InvalidRequest(
        f"spans {by!r}: must be 'json', 'sentence', 'line', 'word', a compiled pattern, or a list "
        "of (start, end) in characters"
    )


def segments(text: str, by: SpanUnit, *, partial: bool = False) -> list[Segment]:
    r"""Cut a text into segments.

    Sentences, lines and words together are the whole text. As in tokens, a space belongs to what
    follows it, a line end to what precedes it. A sentence ends with its line, and after `.`, `!`,
    `?` or `…` before white space and not a small letter: a simple rule, which `Dr. No` defeats.

    Args:
        text: What to cut.
        by: `json` (fields, named by their JSON Pointers; none if it is not JSON), `sentence`,
            `line`, `word`, a pattern (its named groups if it has any, else its matches), or a
            list of (start, end) in characters, cut at the end of the text.
        partial: Whether a JSON text may be truncated.

    Returns:
        The segments in the order of the text, ranges in their own; named by their number from 0
        if they have no name.
    """
    if isinstance(by, re.Pattern):
        return list(_matches(by, text))
    if isinstance(by, str):
        return _CUTTERS[by](text) if by != "json" else _fields(text, partial)
    inside = [(start, min(end, len(text))) for start, end in by]
    return [Segment(str(n), a, b) for n, (a, b) in enumerate(inside) if a < b]


def _is_range(value: object) -> bool:
    match value:
        case (int(start), int(end)):
            return 0 <= start <= end
    return False


def _fields(text: str, partial: bool) -> list[Segment]:
    return [Segment(*field) for field in json_fields(text, partial=partial)]


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Segment]:
    for number, match in enumerate(pattern.finditer(text)):
        named = pattern.groupindex or {str(number): 0}
        for name, group in named.items():
            start, end = match.span(group)
            if start < end:
                yield Segment(name, start, end)


def _all(pattern: re.Pattern[str]) -> Callable[[str], list[Segment]]:
    return lambda text: list(_matches(pattern, text))


_CUTTERS = {"sentence": _all(_SENTENCE), "line": _all(_LINE), "word": _all(_WORD)}
