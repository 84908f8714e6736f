"""What must change for one JSON value to become another, field by field."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec

from chat_magic.analysis.diff import common_blocks
from chat_magic.analysis.json_fields import json_value, pointer_to

if TYPE_CHECKING:
    from collections.abc import Iterator


class FieldChange(NamedTuple):
    """A field of a JSON value: kept, inserted, deleted or changed."""

    pointer: str
    """Its JSON Pointer in the other value; in the base if it is deleted."""
    kind: Literal["same", "insert", "delete", "change"]
    before: str | None
    """As compact JSON; None if it is inserted."""
    after: str | None
    """As compact JSON; None if it is deleted."""


def diff_json(base: str, other: str) -> list[FieldChange] | None:
    """Compare two JSON texts field by field.

    A field is a string, a number, a literal, or an empty object or list. The rules are exact,
    since `labextension/src/result/jsonDiff.ts` follows them too:

    - Objects are compared by key: first the keys of the base, then those that only the other has,
      each in the order in which they are written.
    - Of lists those items stay that `diff.common_blocks` keeps. Of the items between two of
      these, the first of the base becomes the first of the other, the second the second, and so
      on; what is left over on one side is deleted or inserted.
    - A value that becomes one of another kind, or empty, is one field.
    - Numbers are compared and shown as they are written: `1.0` is not `1`, and digits beyond the
      53 bits of a double are kept. Lone surrogates are U+FFFD.

    Args:
        base: A JSON object or list, in a Markdown code fence or not.
        other: Likewise.

    Returns:
        The fields in order, unchanged ones included; None if one of the texts is not a JSON
        object or list.
    """
    try:
        before, after = json_value(base), json_value(other)
    except ValueError:
        return None
    if not (isinstance(before, dict | list) and isinstance(after, dict | list)):
        return None
    return list(_field_changes(before, after))


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
    """Return the pairs in two objects or two lists; None if the pair is one field."""
    at, to, before, after = pair
    present = [value for value in (before, after) if value is not _ABSENT]
    if all(isinstance(value, dict) and value for value in present):
        one, two = (value if value is not _ABSENT else {} for value in (before, after))
        return [
            (pointer_to(at, key), pointer_to(to, key), one.get(key, _ABSENT), two.get(key, _ABSENT))
            for key in {**one, **two}
        ]
    if all(isinstance(value, list) and value for value in present):
        items, others = (value if value is not _ABSENT else [] for value in (before, after))
        return [
            (
                pointer_to(at, old),
                pointer_to(to, new),
                _ABSENT if old is None else items[old],
                _ABSENT if new is None else others[new],
            )
            for old, new in _paired(items, others)
        ]
    return None


def _paired(base: list[Any], other: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the places of the items of two lists that belong together."""
    at, to = 0, 0
    for start, other_start, size in common_blocks(
        [*map(_canonical, base)], [*map(_canonical, other)]
    ):
        yield from zip_longest(range(at, start), range(to, other_start))
        at, to = start + size, other_start + size
        yield from zip(range(start, at), range(other_start, to), strict=True)


def _field_change(pair: _Pair) -> FieldChange:
    at, to, before, after = pair
    if after is _ABSENT:
        return FieldChange(at, "delete", _compact(before), None)
    if before is _ABSENT:
        return FieldChange(to, "insert", None, _compact(after))
    kind: Literal["same", "change"] = (
        "same" if _canonical(before) == _canonical(after) else "change"
    )
    return FieldChange(to, kind, _compact(before), _compact(after))


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _canonical(value: Any) -> bytes:
    """Return the JSON that equal values share, whatever the order of their keys."""
    return msgspec.json.encode(value, order="sorted")
