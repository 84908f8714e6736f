"""The reasoning of one message while it arrives, under any of the names that servers give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.pieces import Pieces, join_text

if TYPE_CHECKING:
    from chat_magic.core.reply.chunk import Delta

_TEXTS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
"""Fields of a delta that hold reasoning as text; of several in one delta, the first is used."""
_DETAIL_TEXTS = ("text", "summary")


class ReasoningBuilder:
    """Joins the reasoning of a message, and its details by index, each at a constant cost."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.names: dict[str, None] = {}
        """The fields that the text arrived in."""
        self._details: dict[Any, Pieces] = {}
        """By index and type; by position where a detail has no index."""

    def add(self, delta: Delta, others: Pieces) -> bool:
        """Take the reasoning of a delta; return whether it wrote anything.

        Args:
            delta: The piece of the message.
            others: Takes the fields that are not of the expected type.
        """
        text = ""
        for name in _TEXTS:
            value = getattr(delta, name)
            if isinstance(value, str) and value:
                self.names[name] = None
                text = text or value
            elif value:
                others.add({name: value})
        details_text = self._add_details(delta.reasoning_details, others)
        if text := text or details_text:
            self.pieces.append(text)
        return bool(text)

    def text(self) -> str | None:
        """Return the reasoning so far."""
        return join_text(self.pieces) or None

    def details(self) -> list[dict[str, Any]]:
        """Return the details so far, in order of arrival."""
        return [pieces.value() for pieces in list(self._details.values())]

    def _add_details(self, value: Any, others: Pieces) -> str:
        """Merge details with those of the same index and type; return the text they add."""
        items = value if isinstance(value, list) else [value] if value else []
        written = []
        for item in items:
            if not isinstance(item, dict):
                others.add({"reasoning_details": [item]})
                continue
            index = item.get("index")
            key = len(self._details) if index is None else (str(index), str(item.get("type")))
            self._details.setdefault(key, Pieces()).add(item)
            written += [item[name] for name in _DETAIL_TEXTS if isinstance(item.get(name), str)]
        return "".join(written)
