"""Texts cut into named stretches: JSON fields, sentences, lines, words, matches, given ones."""

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
    r"\s*(?:\d+[.)]\s)?"  # the number of a list item ends no sentence
    r".*?(?:[.!?…]+[\"'”\u2019)\]*_]*(?=\s+[^\sa-z]|\s*\Z)"
    r"|[。\uff01\uff1f]+[」』”\u2019\uff09]*|(?=\n)|\Z)"
    r"(?:[^\S\n]*\n)*(?:\s+\Z)?"
)


class Segment(NamedTuple):
    """A stretch of a text, in code points."""

    name: str
    start: int
    end: int


def kind_of(by: SpanUnit) -> str:
    """Return the name in `KINDS` of a way to cut.

    Raises:
        InvalidRequest: It is none.
    """
    if isinstance(by, str) and by in KINDS[:4]:
        return by
    if isinstance(by, re.Pattern) and isinstance(by.pattern, str):
        return "regex"
    if isinstance(by, list | tuple) and all(map(_is_stretch, by)):
        return "user"
    raise InvalidRequest(
        f"spans {by!r}: must be 'json', 'sentence', 'line', 'word', a compiled pattern, or a list "
        "of (start, end) in characters"
    )


def segments(text: str, by: SpanUnit, *, partial: bool = False) -> list[Segment]:
    r"""Cut a text.

    Sentences, lines and words together are the whole text. As in tokens, a space belongs to what
    comes after it, a line end to what stands before it. A sentence ends with its line, and where
    `.`, `!`, `?` or `…` comes before white space and no small letter: a simple rule, which
    `Dr. No` deceives.

    Args:
        text: What to cut.
        by: `json` (its fields under their JSON Pointers, none if it is not JSON), `sentence`,
            `line`, `word`, a pattern (its named groups where it has some, else its matches), or
            a list of (start, end) in characters; what of these lies past the end is left out.
        partial: Whether a JSON text may break off.

    Returns:
        The segments in the order of the text, the given ones in theirs; named by their number
        from 0 where they have no name.
    """
    if isinstance(by, re.Pattern):
        return list(_matches(by, text))
    if isinstance(by, str):
        return _WAYS[by](text) if by != "json" else _fields(text, partial)
    inside = [(start, min(end, len(text))) for start, end in by]
    return [Segment(str(n), a, b) for n, (a, b) in enumerate(inside) if a < b]


def _is_stretch(value: object) -> bool:
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


_WAYS = {"sentence": _all(_SENTENCE), "line": _all(_LINE), "word": _all(_WORD)}
