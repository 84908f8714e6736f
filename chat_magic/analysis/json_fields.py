"""The position of each value in a JSON text, named by its JSON Pointer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Raw

from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.schema.json_answer import json_regions

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = " \t\r\n"
"""What JSON allows between its values (RFC 8259)."""
_LEXEME = re.compile(
    rf'[{_BLANK}]*(?:(?P<mark>[{{}}\[\],:])|(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))'
    rf'|(?P<word>[^{_BLANK}{{}}\[\],:"]+))',
    re.DOTALL,
)
_CUT_WORD = re.compile(
    r"-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d*)?|t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|n(?:u(?:ll?)?)?"
)
_ESCAPED = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>\\u[dD][89a-fA-F]..)|\\.", re.DOTALL
)
"""A pair of surrogates, a lone surrogate, or any other escape."""

MAX_DEPTH = 500
"""Nesting beyond which a text does not count as JSON: pointers grow with it."""


class Field(NamedTuple):
    """A value and its offsets in code points, quotes included."""

    pointer: str
    """As in RFC 6901; empty for the top-level value."""
    start: int
    end: int


def json_fields(text: str, *, partial: bool = False) -> list[Field]:
    """Find the values of a JSON text: strings, numbers, literals, empty objects and lists.

    Args:
        text: JSON, perhaps after reasoning (`<think>…</think>`), or prose with JSON in a Markdown
            code fence. A name that occurs twice gives
            two fields.
        partial: Whether the text may be truncated anywhere, even inside its last value.

    Returns:
        The fields in the order of the text; empty if it is not JSON, or over 500 levels deep.
    """
    scanned = _scanned(text, partial)
    return scanned[1] if scanned else []


def value_ranges(text: str, *, partial: bool = False) -> list[tuple[int, int]]:
    """Return start and end of each value of a JSON text, of strings without their quotes.

    An empty string is its quotes. The arguments are those of `json_fields`.
    """
    fields = json_fields(text, partial=partial)
    return [_without_quotes(text, start, end) for _, start, end in fields]


def _without_quotes(text: str, start: int, end: int) -> tuple[int, int]:
    if text[start] != '"' or text[start:end] in {'"', '""'}:
        return start, end
    return start + 1, end - text.endswith('"', start + 1, end)


def json_value(text: str) -> Any:
    """Return the value of a JSON text, around which may be other text as for `json_fields`.

    Numbers are `msgspec.Raw`, as they are written; lone surrogates are U+FFFD. The last value of a
    name that occurs twice counts.

    Raises:
        ValueError: It is not JSON, or over 500 levels deep.
    """
    scanned = _scanned(text, partial=False)
    if scanned is None:
        raise ValueError("the text is not JSON")
    return _loads(_ESCAPED.sub(_well_formed_escape, well_formed(scanned[0])))


def _well_formed_escape(match: re.Match[str]) -> str:
    return match[0] if match["lone"] is None else r"\ufffd"


def pointer_to(pointer: str, step: str | int | None) -> str:
    """Return the JSON Pointer of the member of an object, or the item of a list, at a pointer."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def _scanned(text: str, partial: bool) -> tuple[str, list[Field]] | None:
    """Return the first part of a text that is JSON, and its fields."""
    for start, end in json_regions(text):
        try:
            return text[start:end], list(_Scanner(text, start, end, partial).fields())
        except ValueError:
            continue
    return None


def _loads(lexeme: str) -> Any:
    return json.loads(
        lexeme, strict=False, parse_int=Raw, parse_float=Raw, parse_constant=_refuse_constant
    )


def _refuse_constant(lexeme: str) -> None:
    raise ValueError(f"{lexeme} is not JSON")


class _Level:
    """An object or a list that is open."""

    def __init__(self, pointer: str, start: int, *, is_list: bool) -> None:
        self.pointer = pointer
        self.start = start
        self.is_list = is_list
        self.index = 0
        self.key = ""

    @property
    def inner(self) -> str:
        """The pointer to the next value."""
        return pointer_to(self.pointer, self.index if self.is_list else self.key)


class _Scanner:
    """Reads JSON from left to right, without recursion."""

    def __init__(self, text: str, start: int, end: int, partial: bool) -> None:
        self._text = text
        self._place = start
        self._end = end
        self._partial = partial
        self._open: list[_Level] = []
        self._wants = "value"
        """`value`, `key`, `:`, `,` or `end`; `first value` and `first key` in what just opened."""

    def fields(self) -> Iterator[Field]:
        """Yield the fields; raises ValueError if the text is not JSON."""
        while match := _LEXEME.match(self._text, self._place, self._end):
            self._place = match.end()
            start, lexeme = match.start(match.lastgroup or 0), match[match.lastgroup or 0]
            if match.lastgroup == "mark":
                yield from self._mark(lexeme, start)
            elif self._wants.endswith("key") and match.lastgroup == "string":
                self._open[-1].key = self._name(lexeme)
                self._wants = ":"
            else:
                self._check_value(lexeme)
                yield Field(self._pointer, start, self._place)
                self._close_value()
        if self._text[self._place : self._end].strip(_BLANK) or not (
            self._partial or self._wants == "end"
        ):
            raise ValueError("the text is not JSON, or is truncated")

    @property
    def _pointer(self) -> str:
        return self._open[-1].inner if self._open else ""

    def _mark(self, mark: str, start: int) -> Iterator[Field]:
        if mark in "{[" and self._wants.endswith("value") and len(self._open) < MAX_DEPTH:
            self._open.append(_Level(self._pointer, start, is_list=mark == "["))
            self._wants = "first value" if mark == "[" else "first key"
        elif mark == self._wants == ":":
            self._wants = "value"
        elif mark == self._wants == ",":
            self._open[-1].index += 1
            self._wants = "value" if self._open[-1].is_list else "key"
        elif self._open and mark == "}]"[self._open[-1].is_list] and self._may_close():
            is_empty = self._wants != ","
            level = self._open.pop()
            if is_empty:
                yield Field(level.pointer, level.start, self._place)
            self._close_value()
        else:
            raise ValueError(f"expected {self._wants}, got {mark!r}")

    def _may_close(self) -> bool:
        return self._wants == "," or self._wants.startswith("first")

    def _close_value(self) -> None:
        self._wants = "," if self._open else "end"

    def _name(self, lexeme: str) -> str:
        """Return an object's key; empty for a truncated one, which has no value."""
        try:
            name: str = _loads(lexeme)
        except ValueError:
            if not self._is_cut:
                raise
            return ""
        return name

    def _check_value(self, lexeme: str) -> None:
        if not self._wants.endswith("value"):
            raise ValueError(f"expected {self._wants}, got a value")
        is_cut_word = lexeme[0] == '"' or _CUT_WORD.fullmatch(lexeme)
        if not (self._is_cut and is_cut_word):
            _loads(lexeme)

    @property
    def _is_cut(self) -> bool:
        return self._partial and self._place == self._end
