"""One message while it arrives: deltas in, a `Message` out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.pieces import Pieces, join_text
from chat_magic.core.reply.reasoning_builder import ReasoningBuilder
from chat_magic.core.reply.reply import Message
from chat_magic.core.reply.tool_calls_builder import CallBuilder, ToolCallsBuilder

if TYPE_CHECKING:
    from chat_magic.core.reply.chunk import Delta

Warn = Callable[[str], None]
"""Called with each warning, in plain words."""


class MessageBuilder:
    """Folds the deltas of one message, each at a constant cost."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._role = ""
        self.content: list[str] = []
        self._refusal: list[str] = []
        self._reasoning = ReasoningBuilder()
        self._audio: dict[str, list[Any]] = {}
        self._annotations: list[Any] = []
        self._function_call: CallBuilder | None = None
        self._extra = Pieces()
        self.calls = ToolCallsBuilder(warn)

    def add(self, delta: Delta) -> bool:
        """Take one delta; return whether it wrote anything."""
        wrote = False
        if content := delta.content:
            if type(content) is str:
                self.content.append(content)
                wrote = True
            else:
                wrote = self._add_content(content)
        if delta.role:
            self._role = self._role or str(delta.role)
        if (
            delta.reasoning_content
            or delta.reasoning
            or delta.reasoning_text
            or delta.thinking
            or delta.reasoning_details
        ):
            wrote |= self._reasoning.add(delta, self._extra)
        if delta.refusal:
            wrote |= self._add_text("refusal", self._refusal, delta.refusal)
        if delta.tool_calls:
            wrote |= self._add_tool_calls(delta.tool_calls)
        if delta.function_call or delta.audio or delta.annotations:
            wrote |= self._add_rare(delta)
        if delta.unknown:
            extras = delta.extras()
            self._extra.add(extras)
            wrote |= bool(extras.get("images"))
        return wrote

    def message(self, choice: int) -> Message:
        """Return the message so far; `choice` is part of generated tool-call ids."""
        details = self._reasoning.details()
        return Message(
            role=self._role or "assistant",
            content=join_text(self.content) or None,
            refusal=join_text(self._refusal) or None,
            reasoning=self._reasoning.text(),
            reasoning_names=tuple(self._reasoning.names),
            tool_calls=self.calls.tool_calls(choice),
            function_call=self._function_call.function() if self._function_call else None,
            audio={name: _audio(name, values) for name, values in self._audio.items()} or None,
            annotations=self._annotations.copy() or None,
            extra={**self._extra.value(), **({"reasoning_details": details} if details else {})},
        )

    def _add_text(self, name: str, pieces: list[str], value: Any) -> bool:
        if isinstance(value, str):
            pieces.append(value)
            return True
        return self._keep(name, value)

    def _keep(self, name: str, value: Any) -> bool:
        """Keep a value of an unexpected type."""
        self._extra.add({name: value})
        return False

    def _add_content(self, value: Any) -> bool:
        if isinstance(value, str):
            return self._add_text("content", self.content, value)
        pieces = {
            "text": self.content,
            "output_text": self.content,
            "thinking": self._reasoning.pieces,
            "reasoning": self._reasoning.pieces,
            "refusal": self._refusal,
        }
        for part in value if isinstance(value, list) else [value]:
            kind = str(_mapping(part).get("type"))
            if kind in pieces:
                pieces[kind].append(_part_text(part[kind] if kind in part else part.get("text")))
                if pieces[kind] is self._reasoning.pieces:
                    self._reasoning.names["content"] = None
            else:
                self._keep("content", [part])
        return True

    def _add_tool_calls(self, value: Any) -> bool:
        for piece in value if isinstance(value, list) else [value]:
            if isinstance(piece, dict):
                self.calls.add(piece)
            else:
                self._keep("tool_calls", [piece])
        return True

    def _add_rare(self, delta: Delta) -> bool:
        if isinstance(delta.function_call, dict):
            self._function_call = self._function_call or CallBuilder(0, self._warn)
            self._function_call.add({"function": delta.function_call})
        elif delta.function_call:
            self._keep("function_call", delta.function_call)
        if isinstance(delta.audio, dict):
            for name, value in delta.audio.items():
                self._audio.setdefault(name, []).append(value)
        elif delta.audio:
            self._keep("audio", delta.audio)
        if isinstance(delta.annotations, list):
            self._annotations += delta.annotations
        elif delta.annotations:
            self._keep("annotations", delta.annotations)
        return bool(delta.function_call or delta.audio)


def merge(kept: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Merge unknown fields: lists are extended, other values replaced, but not by null."""
    for name, value in new.items():
        if isinstance(value, list) and isinstance(kept.get(name), list):
            kept[name].extend(value)
        elif value is not None or name not in kept:
            kept[name] = value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _part_text(value: Any) -> str:
    """Return the text of a content part: a text, or a list of text parts."""
    if isinstance(value, list):
        return "".join(str(_mapping(part).get("text") or "") for part in value)
    return value if isinstance(value, str) else ""


def _audio(name: str, values: Sequence[Any]) -> Any:
    """Join the pieces of one audio field; data and transcript are sent in several."""
    if name not in {"data", "transcript"}:
        return next((value for value in reversed(values) if value is not None), None)
    pieces = [value for value in values if isinstance(value, str)]
    if name == "data" and any("=" in piece for piece in pieces[:-1]):
        try:
            whole = b"".join(base64.b64decode(piece, validate=True) for piece in pieces)
        except binascii.Error:
            return "".join(pieces)
        return base64.b64encode(whole).decode()
    return "".join(pieces)
