"""The tool calls of one message while they arrive, however a server numbers their pieces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.pieces import Pieces, join_text
from chat_magic.core.reply.reply import FunctionCall, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KNOWN = frozenset({"index", "id", "type", "function"})


class ToolCallsBuilder:
    """Folds the tool calls of one message.

    Args:
        warn: Called with each warning, in plain words.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._calls: list[CallBuilder] = []
        self._by_index: dict[int, CallBuilder] = {}
        self._by_id: dict[str, CallBuilder] = {}
        self._open: CallBuilder | None = None
        """The call of the last piece."""

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, piece: Mapping[str, Any]) -> None:
        """Take a piece of a call, or a whole one.

        An id that has arrived before names its call, whatever the index. Any other piece continues
        the call at its index, or the call of the piece before it, unless it begins one: with a new
        id and a name, or with a name that the call cannot be given any more.
        """
        index = as_int(piece.get("index"))
        id_ = str(piece.get("id") or "")
        call = self._by_id.get(id_) if id_ else None
        if call is None:
            call = self._continued(piece, index, id_)
        elif call.is_other(piece):
            call = None
        if call is None:
            call = CallBuilder(len(self._calls) if index is None else index, self._warn)
            self._calls.append(call)
        call.add(piece)
        self._open = call
        self._by_index[call.index if index is None else index] = call
        if id_:
            self._by_id[id_] = call

    def tool_calls(self, choice: int) -> tuple[ToolCall, ...]:
        """Return the calls by index, with generated ids for those without one."""
        calls = sorted(self._calls, key=lambda call: call.index)
        return tuple(self._tool_call(call, choice, at) for at, call in enumerate(calls))

    def _continued(
        self, piece: Mapping[str, Any], index: int | None, id_: str
    ) -> CallBuilder | None:
        """Return the call that a piece continues; None if it begins one.

        Args:
            piece: The piece.
            index: Its index, if it has one.
            id_: Its id, which is new; empty if it has none.
        """
        has_name = bool(name_of(piece))
        at_index = None if index is None else self._by_index.get(index)
        if id_ and (has_name or not _mapping(piece.get("function")).get("arguments")):
            call = at_index if at_index and not at_index.id else None
        elif at_index is not None:
            call = self._open if self._is_for_open(piece, at_index) else at_index
        elif index is None:
            call = self._open if not (has_name and self._open and self._open.name) else None
        else:
            call = None if id_ or has_name else self._open
        return None if call is None or call.is_other(piece) else call

    def _is_for_open(self, piece: Mapping[str, Any], at_index: CallBuilder) -> bool:
        """Whether arguments belong to the open call: it has none, and that at their index all."""
        opened = self._open
        if opened is None or opened is at_index or not at_index.is_whole or opened.has_arguments:
            return False
        return not name_of(piece) and bool(_mapping(piece.get("function")).get("arguments"))

    def _tool_call(self, call: CallBuilder, choice: int, position: int) -> ToolCall:
        generated = f"call_{choice}_{position}"
        if not call.id:
            self._warn(f"a tool call has no id: {generated!r} is used")
        return ToolCall(
            id=call.id or generated,
            type=call.type or "function",
            function=call.function(),
            extra=call.extra(),
        )


class CallBuilder:
    """Folds the pieces of one call.

    Args:
        index: Its place among the calls.
        warn: Called with each warning, in plain words.
    """

    def __init__(self, index: int, warn: Callable[[str], None]) -> None:
        self.index = index
        self.id = ""
        self.type = ""
        self.name = ""
        self._warn = warn
        self._extra = Pieces()
        self._arguments: list[str] = []
        self._length = 0

    def is_other(self, piece: Mapping[str, Any]) -> bool:
        """Whether a piece with a name begins another call: this one has all its arguments."""
        name = name_of(piece)
        if not name or not self.name or not self._arguments:
            return False
        if name != self.name:
            return True
        is_same = bool(self.id) and str(piece.get("id")) == self.id
        return self.is_whole and not (is_same and not self._is_new(piece))

    def add(self, piece: Mapping[str, Any]) -> None:
        """Take a piece; one that repeats the whole call adds nothing."""
        self.id = self.id or str(piece.get("id") or "")
        self.type = self.type or str(piece.get("type") or "")
        self._extra.add({name: value for name, value in piece.items() if name not in _KNOWN})
        function = _mapping(piece.get("function"))
        name, arguments = name_of(piece), function.get("arguments")
        if name and name != self.name:
            self.name += name
        if arguments is None or arguments == "":
            return
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
            self._warn("a tool call's arguments are JSON instead of a string of JSON")
        if self._repeats(arguments):
            self._arguments.clear()
            self._length = 0
        self._arguments.append(arguments)
        self._length += len(arguments)

    def function(self) -> FunctionCall:
        """Return the function that is called, and its arguments so far."""
        return FunctionCall(name=self.name, arguments=join_text(self._arguments))

    def extra(self) -> dict[str, Any]:
        """Return the fields that are not the API's."""
        return self._extra.value()

    @property
    def has_arguments(self) -> bool:
        """Whether any arguments have arrived."""
        return bool(self._arguments)

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are a whole JSON object."""
        if not self._arguments or not self._arguments[-1].rstrip().endswith("}"):
            return False
        return _is_object("".join(self._arguments))

    def _is_new(self, piece: Mapping[str, Any]) -> bool:
        """Whether a piece has a whole JSON object as arguments, and others than this call."""
        arguments = _mapping(piece.get("function")).get("arguments")
        if isinstance(arguments, str) and self._repeats(arguments):
            return False
        return isinstance(arguments, dict) or _is_object(str(arguments or ""))

    def _repeats(self, arguments: str) -> bool:
        """Whether a piece has all the arguments so far again, and perhaps more.

        An object never continues so: a brace or what follows it would stand there twice.
        """
        if not 0 < self._length <= len(arguments) or arguments[0] != "{":
            return False
        return arguments.startswith("".join(self._arguments))


def name_of(piece: Mapping[str, Any]) -> str:
    """Return the name of the tool in a piece of a call; empty if it has none."""
    return str(_mapping(piece.get("function")).get("name") or "")


def as_int(value: Any) -> int | None:
    """Return a whole number that was sent as a number or as text, else None."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
