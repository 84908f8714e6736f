"""One message while it arrives: deltas in, a `Message` out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.reply import FunctionCall, Message, ToolCall

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
        self._reasoning: list[str] = []
        self._audio: dict[str, list[Any]] = {}
        self._annotations: list[Any] = []
        self._function_call: _CallDraft | None = None
        self._extra: dict[str, Any] = {}
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
        if reasoning := delta.reasoning_content or delta.reasoning:
            wrote |= self._add_text("reasoning", self._reasoning, reasoning)
        if delta.refusal:
            wrote |= self._add_text("refusal", self._refusal, delta.refusal)
        if delta.tool_calls:
            wrote |= self._add_tool_calls(delta.tool_calls)
        if delta.function_call or delta.audio or delta.annotations:
            wrote |= self._add_rare(delta)
        if delta.unknown:
            merge(self._extra, delta.extras())
        return wrote

    def message(self, choice: int) -> Message:
        """Return the message so far; `choice` is part of generated tool-call ids."""
        return Message(
            role=self._role or "assistant",
            content=_joined(self.content),
            refusal=_joined(self._refusal),
            reasoning=_joined(self._reasoning),
            tool_calls=self.calls.tool_calls(choice),
            function_call=self._function_call.function() if self._function_call else None,
            audio={name: _audio(name, values) for name, values in self._audio.items()} or None,
            annotations=self._annotations.copy() or None,
            extra=self._extra.copy(),
        )

    def _add_text(self, name: str, pieces: list[str], value: Any) -> bool:
        if isinstance(value, str):
            pieces.append(value)
            return True
        return self._keep(name, value)

    def _keep(self, name: str, value: Any) -> bool:
        """Keep a value of an unexpected type."""
        merge(self._extra, {name: value})
        return False

    def _add_content(self, value: Any) -> bool:
        if not isinstance(value, list):
            return self._add_text("content", self.content, value)
        pieces = {
            "text": self.content,
            "thinking": self._reasoning,
            "reasoning": self._reasoning,
            "refusal": self._refusal,
        }
        for part in value:
            kind = str(_mapping(part).get("type"))
            if kind in pieces:
                pieces[kind].append(_part_text(part[kind] if kind in part else part.get("text")))
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
            self._function_call = self._function_call or _CallDraft(0)
            self._function_call.add({"function": delta.function_call}, self._warn)
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


class ToolCallsBuilder:
    """Folds the tool calls of one message."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._calls: list[_CallDraft] = []
        self._by_index: dict[int, _CallDraft] = {}
        self._by_id: dict[Any, _CallDraft] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, piece: Mapping[str, Any]) -> None:
        """Take a piece of a call, or a whole one.

        A piece continues a call by its index, else by its id, else the last call. Servers that
        give all calls the same index begin each with a name and a new id.
        """
        index = as_int(piece.get("index"))
        begins = bool(_mapping(piece.get("function")).get("name"))
        if index is not None:
            call = self._by_index.get(index)
        elif piece.get("id"):
            call = self._by_id.get(str(piece["id"]))
        else:
            call = self._calls[-1] if self._calls and not begins else None
        if call is None or (begins and call.is_other(piece)):
            call = _CallDraft(len(self._calls) if index is None else index)
            self._calls.append(call)
        call.add(piece, self._warn)
        self._by_index[call.index] = self._by_id[call.id] = call

    def tool_calls(self, choice: int) -> tuple[ToolCall, ...]:
        """Return the calls by index, with generated ids for those without one."""
        calls = sorted(self._calls, key=lambda call: call.index)
        return tuple(self._tool_call(call, choice, at) for at, call in enumerate(calls))

    def _tool_call(self, call: _CallDraft, choice: int, position: int) -> ToolCall:
        generated = f"call_{choice}_{position}"
        if not call.id:
            self._warn(f"a tool call has no id: {generated!r} is used")
        return ToolCall(
            id=call.id or generated,
            type=call.type or "function",
            function=call.function(),
            extra=call.extra.copy(),
        )


class _CallDraft:
    """Folds the pieces of one call."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.type = ""
        self.extra: dict[str, Any] = {}
        self._name = ""
        self._arguments: list[str] = []

    def is_other(self, piece: Mapping[str, Any]) -> bool:
        return bool(self.id and piece.get("id")) and str(piece["id"]) != self.id

    def add(self, piece: Mapping[str, Any], warn: Warn) -> None:
        self.id = self.id or str(piece.get("id") or "")
        self.type = self.type or str(piece.get("type") or "")
        known = {"index", "id", "type", "function"}
        merge(self.extra, {name: value for name, value in piece.items() if name not in known})
        function = _mapping(piece.get("function"))
        name, arguments = function.get("name"), function.get("arguments")
        if name and name != self._name:
            self._name += str(name)
        if isinstance(arguments, str):
            self._arguments.append(arguments)
        elif arguments is not None:
            self._arguments.append(json.dumps(arguments, ensure_ascii=False))
            warn("a tool call's arguments are JSON instead of a string of JSON")

    def function(self) -> FunctionCall:
        return FunctionCall(name=self._name, arguments=_joined(self._arguments) or "")


def merge(kept: dict[str, Any], new: Mapping[str, Any]) -> None:
    """Merge unknown fields: lists are extended, other values replaced, but not by null."""
    for name, value in new.items():
        if isinstance(value, list) and isinstance(kept.get(name), list):
            kept[name].extend(value)
        elif value is not None or name not in kept:
            kept[name] = value


def as_int(value: Any) -> int | None:
    """Return a whole number that was sent as a number or as text, else None."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _joined(pieces: Sequence[str]) -> str | None:
    """Join the pieces of a text, including a surrogate pair that was split."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text or None


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
