"""The messages of a panel: rows of a role and a text that can be added, removed and moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.core.cell.block import head, read_text, write_text
from chat_magic.shell.panel.buttons import button

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.messages import Message

__all__ = ["MessagesEditor"]

_ROLES = ("system", "developer", "user", "assistant")
_MAX_LINES = 14


class _Row:
    """A message; one with more than text and attachments is read-only."""

    def __init__(self, message: Message, on_change: Callable[[], None]) -> None:
        text = write_text(message)
        self._read_only = message if text is None else None
        shown = text if text is not None else json.dumps(message.to_json(), ensure_ascii=False)
        role = head(message)
        self.role = widgets.Dropdown(
            options=_ROLES if role in _ROLES else (*_ROLES, role),
            value=role,
            description="role",
            tooltip="The role of the message's author",
            disabled=text is None,
        )
        self.text = widgets.Textarea(
            value=shown,
            description=f"{role} message",
            placeholder="Text; {{ name }} inserts a variable, a line @image PATH attaches a file",
            rows=min(shown.count("\n") + 2, _MAX_LINES),
            disabled=text is None,
        )
        self.role.add_class("chp-role")
        self.text.add_class("chp-text")
        for widget in (self.role, self.text):
            widget.observe(lambda _change: on_change(), "value")

    def read(self) -> Message:
        if self._read_only is not None:
            return self._read_only
        self.text.description = f"{self.role.value} message"
        return read_text(self.role.value, self.text.value)


class MessagesEditor:
    """Messages as rows of a role and a text.

    Args:
        on_change: Called when the user has changed something.
        beside: Widgets beside the button that adds a message.
    """

    def __init__(self, on_change: Callable[[], None], beside: Sequence[Any] = ()) -> None:
        self._on_change = on_change
        self._rows: list[_Row] = []
        self._list = widgets.VBox()
        self._list.add_class("chp-messages")
        self._add = button("plus", "Add a message at the end", self._append, "Add message")
        toolbar = widgets.HBox([self._add, *beside])
        toolbar.add_class("chp-bar")
        self.widget = widgets.VBox([self._list, toolbar])

    def read(self) -> tuple[Message, ...]:
        """Return the messages without the empty ones.

        Raises:
            InvalidRequest: An attachment stands in a message that cannot have one.
        """
        messages = [row.read() for row in self._rows]
        return tuple(message for message in messages if message.content or message.extra)

    def set(self, messages: Sequence[Message]) -> None:
        """Show messages; an empty user message if there are none."""
        shown = messages or (read_text("user", ""),)
        self._rows = [_Row(message, self._on_change) for message in shown]
        self._draw()

    def _draw(self) -> None:
        self._list.children = [self._row_widget(i, row) for i, row in enumerate(self._rows)]

    def _row_widget(self, index: int, row: _Row) -> Any:
        up = button("arrow-up", "Move this message up", lambda: self._move(index, -1))
        down = button("arrow-down", "Move this message down", lambda: self._move(index, 1))
        remove = button("times", "Remove this message", lambda: self._remove(index))
        up.disabled, down.disabled = index == 0, index == len(self._rows) - 1
        top = widgets.HBox([row.role, up, down, remove])
        widget = widgets.VBox([top, row.text])
        top.add_class("chp-message-top")
        widget.add_class("chp-message")
        return widget

    def _append(self) -> None:
        last = self._rows[-1].role.value if self._rows else ""
        message = read_text("assistant" if last == "user" else "user", "")
        self._rows.append(_Row(message, self._on_change))
        self._redraw()

    def _move(self, index: int, by: int) -> None:
        self._rows.insert(index + by, self._rows.pop(index))
        self._redraw()

    def _remove(self, index: int) -> None:
        del self._rows[index]
        self._redraw()

    def _redraw(self) -> None:
        self._draw()
        self._on_change()
