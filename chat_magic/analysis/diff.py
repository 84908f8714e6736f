"""What must change for one text to become another: fewest words, tokens or sentences, or fields."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from rapidfuzz.distance import Indel

from chat_magic.analysis.arrays import factorize
from chat_magic.analysis.json_fields import json_value, pointer_to
from chat_magic.analysis.segments import segments
from chat_magic.core.reply.tokens import well_formed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

Unit: TypeAlias = Literal["word", "token", "sentence"]
Kind: TypeAlias = Literal["same", "insert", "delete"]

_MARK = r"!-/:-@\[-^`{-~\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e"
_MARK += r"\u3001-\u3004\u3008-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_SCRIPT = r"\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han, which put no spaces between words: each character is a unit."""
_LETTER = rf"[^\s{_MARK}{_SCRIPT}]"
_WORD = re.compile(
    r"[^\S\n]*\n"
    rf"|[^\S\n]?(?:[0-9]+(?:[.,][0-9]+)+|{_LETTER}+(?:['\u2019]{_LETTER}+)*"
    rf"|[{_SCRIPT}]|([{_MARK}])\1*)"
    r"|[^\S\n]+(?=[^\S\n])|[^\S\n]"
)


_MOST_PAIRS = 1_000_000_000
"""Units of the one times those of the other that are compared: a bit of memory for each pair."""


class Change(NamedTuple):
    """A stretch that stays, comes in, or goes."""

    kind: Kind
    text: str


class FieldChange(NamedTuple):
    """A field of a JSON value that stays, comes in, goes, or becomes another."""

    pointer: str
    """Its JSON Pointer in the other value; in the base where it goes."""
    kind: Literal["same", "insert", "delete", "change"]
    before: str | None
    """As compact JSON; None where it comes in."""
    after: str | None
    """None where it goes."""


def units(text: str, by: Literal["word", "sentence"]) -> list[str]:
    r"""Cut a text into what a diff compares; joined, they are the text.

    A word goes with the one blank before it, as in tokens, so that a text that goes on only adds
    to what was there. Punctuation stands apart from it, so that `name.` against `name,` differs
    in the mark alone; marks of one kind in a row (`**`, `...`) stay together, as do `don't` and
    `3.14`. A line end, with the blanks before it, is a unit, as are further blanks. Sentences are
    those of `segments.segments`.
    """
    if by == "sentence":
        return [text[part.start : part.end] for part in segments(text, "sentence")]
    return [match[0] for match in _WORD.finditer(text)]


def diff(base: Sequence[str], other: Sequence[str]) -> list[Change]:
    """Return the fewest units to delete and to insert (the longest common subsequence stays).

    Of texts beyond some 30,000 units each, only what both begin and end with stays.

    Marks and blanks alone between two changes, of which one takes away and one adds, are part of
    them: nobody reads a comma as what two texts have in common.

    Args:
        base: The units of the one text.
        other: Those of the other.

    Returns:
        The changes from the beginning to the end, neighbours of one kind joined, a deletion
        before an insertion. What stays and what goes, joined, is the base; what stays and what
        comes in is the other text.
    """
    one, two = ([unit for unit in texts if unit] for texts in (base, other))
    changes: list[Change] = []
    at, to = 0, 0
    for start, place, size in _anchors(one, _shared(one, two)):
        stretches: list[tuple[Kind, list[str]]] = [
            ("delete", one[at:start]),
            ("insert", two[to:place]),
            ("same", one[start : start + size]),
        ]
        changes += [Change(kind, "".join(texts)) for kind, texts in stretches if texts]
        at, to = start + size, place + size
    return changes


def diff_json(base: str, other: str) -> list[FieldChange] | None:
    """Return the fields of two JSON texts side by side: strings, numbers, literals, what is empty.

    Objects are compared by key, the keys of the base first. Lists keep as many items as they can;
    of those between, the first become the first of the other, and so on, and what is left over
    goes or comes in. A value that becomes one of another kind is one field.

    Args:
        base: An object or a list, as `json_fields.json_value` takes it.
        other: Likewise.

    Returns:
        The fields in order, those that stay among them; None where one of the texts is no object
        or list.
    """
    try:
        before, after = json_value(base), json_value(other)
    except ValueError:
        return None
    if not (isinstance(before, dict | list) and isinstance(after, dict | list)):
        return None
    return list(_field_changes(before, after))


_Block: TypeAlias = tuple[int, int, int]
"""What two sequences share: where it starts in the one and in the other, and its length."""


def _shared(one: Sequence[Hashable], two: Sequence[Hashable]) -> list[_Block]:
    """Return the longest common subsequence, an empty block at the ends last."""
    if len(one) * len(two) > _MOST_PAIRS:
        return _shared_ends(one, two)
    codes = factorize([*one, *two])[0].tolist()  # rapidfuzz compares hashes, which can collide
    found = Indel.editops(codes[: len(one)], codes[len(one) :]).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in found]


def _shared_ends(one: Sequence[Hashable], two: Sequence[Hashable]) -> list[_Block]:
    """Return what both begin with and what both end with, as `_shared` does."""
    most = min(len(one), len(two))
    start = next((place for place in range(most) if one[place] != two[place]), most)
    left = range(1, most - start + 1)
    end = next((back - 1 for back in left if one[-back] != two[-back]), most - start)
    ends = [(0, 0, start), (len(one) - end, len(two) - end, end)]
    return [*(block for block in ends if block[2]), (len(one), len(two), 0)]


def _anchors(one: Sequence[str], shared: Sequence[_Block]) -> Iterator[_Block]:
    """Leave out mere marks and blanks around which something goes and something comes."""
    ends = [(start + size, place + size) for start, place, size in shared]
    edges = [(0, 0), *ends]
    for number, block in enumerate(shared):
        start, place, size = block
        is_at_an_end = start == place == 0 or ends[number] == ends[-1]
        after = shared[min(number + 1, len(shared) - 1)]
        goes = start > edges[number][0] or after[0] > ends[number][0]
        comes = place > edges[number][1] or after[1] > ends[number][1]
        is_read = any(c.isalnum() or c == "\n" for unit in one[start : start + size] for c in unit)
        if is_at_an_end or is_read or not (goes and comes):
            yield block


_ABSENT = object()
_Pair: TypeAlias = "tuple[str, str, Any, Any]"
"""Pointers in the base and in the other, and the values there."""


def _field_changes(before: Any, after: Any) -> Iterator[FieldChange]:
    waiting: list[_Pair] = [("", "", before, after)]
    while waiting:  # not by recursion: values may be 500 levels deep
        pair = waiting.pop()
        inner = _inner(pair)
        if inner is None:
            yield _field_change(pair)
        else:
            waiting += reversed(inner)


def _inner(pair: _Pair) -> list[_Pair] | None:
    """Return what two objects or lists hold; None where they are to be one field."""
    at, to, before, after = pair
    kinds = {type(value) for value in (before, after) if value is not _ABSENT}
    if any(isinstance(value, dict | list) and not value for value in (before, after)):
        return None
    if kinds == {dict}:
        one, two = (value if value is not _ABSENT else {} for value in (before, after))
        keys: list[Any] = [*one, *(key for key in two if key not in one)]
        values = [(one.get(key, _ABSENT), two.get(key, _ABSENT)) for key in keys]
        return [
            (pointer_to(at, key), pointer_to(to, key), *both)
            for key, both in zip(keys, values, strict=True)
        ]
    if kinds == {list}:
        one, two = (value if value is not _ABSENT else [] for value in (before, after))
        return [
            (
                pointer_to(at, old),
                pointer_to(to, new),
                _ABSENT if old is None else one[old],
                _ABSENT if new is None else two[new],
            )
            for old, new in _paired(one, two)
        ]
    return None


def _paired(one: list[Any], two: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the places of the items of two lists that belong together."""
    at, to = 0, 0
    for start, place, size in _shared([*map(_canonical, one)], [*map(_canonical, two)]):
        yield from zip_longest(range(at, start), range(to, place))
        yield from zip(range(start, start + size), range(place, place + size), strict=True)
        at, to = start + size, place + size


def _field_change(pair: _Pair) -> FieldChange:
    at, to, before, after = pair
    if after is _ABSENT:
        return FieldChange(at, "delete", _compact(before), None)
    if before is _ABSENT:
        return FieldChange(to, "insert", None, _compact(after))
    kind: Literal["same", "change"] = "change"
    if _canonical(before) == _canonical(after):
        kind = "same"
    return FieldChange(to, kind, _compact(before), _compact(after))


def _compact(value: Any) -> str:
    return well_formed(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _canonical(value: Any) -> str:
    """Return a text that equal values share: unlike in Python, `true` is not 1."""
    return json.dumps(value, sort_keys=True)
