"""Fields that are not the API's, joined from the pieces that arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_DEPTH = 8
"""Objects that are nested deeper are replaced instead of merged."""
_LABELS = frozenset(
    {
        *("format", "id", "index", "model", "name", "object", "provider", "role", "status", "type"),
        *("channel", "event", "kind", "language", "phase", "recipient", "stage", "version"),
    }
)
_LABEL_ENDS = ("_id", "_kind", "_model", "_name", "_reason", "_status", "_type", "_version")


class Pieces:
    """Joins the pieces of the fields of one object, each at a constant cost.

    Texts are appended, lists extended, objects merged. A label, such as an id or a type, is sent
    whole: it is replaced, as numbers are. Null replaces nothing.
    """

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._fields: dict[str, Any] = {}

    def add(self, fields: Mapping[str, Any]) -> None:
        """Take the next piece of each of these fields."""
        for name, value in fields.items():
            if value is not None:
                self._fields[name] = self._joined(name, value)
            else:
                self._fields.setdefault(name, None)

    def value(self) -> dict[str, Any]:
        """Return the fields as they are so far."""
        return {name: _value(kept) for name, kept in list(self._fields.items())}

    def _joined(self, name: str, value: Any) -> Any:
        kept = self._fields.get(name)
        if isinstance(value, str) and not _is_label(name):
            text = kept if isinstance(kept, _Text) else _Text()
            text.append(value)
            return text
        if isinstance(value, dict) and self._depth < _MAX_DEPTH:
            inner = kept if isinstance(kept, Pieces) else Pieces(self._depth + 1)
            inner.add(value)
            return inner
        if isinstance(value, list):
            items = kept if isinstance(kept, list) and not isinstance(kept, _Text) else []
            items += value
            return items
        return value


class _Text(list[str]):
    """The pieces of a text."""


def join_text(pieces: Sequence[str]) -> str:
    """Join the pieces of a text, including a surrogate pair that was split."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def _value(kept: Any) -> Any:
    if isinstance(kept, _Text):
        return join_text(kept)
    if isinstance(kept, Pieces):
        return kept.value()
    return kept.copy() if isinstance(kept, list) else kept


def _is_label(name: str) -> bool:
    return name in _LABELS or name.endswith(_LABEL_ENDS)
