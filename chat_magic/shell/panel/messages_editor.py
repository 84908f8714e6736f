"""The messages of a panel: a role and a text each, added, taken away, put in order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.core.cell.block import head, read_text, write_text
from chat_magic.shell.panel.controls import button

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.messages import Message

__all__ = ["MessagesEditor"]

_ROLES = ("system", "developer", "user", "assistant")
_MOST_LINES = 14


class _Row:
    """One message; what holds more than text and attachments can be moved, not changed."""

    def __init__(self, message: Message, on_change: Callable[[], None]) -> None:
        text = write_text(message)
        self._fixed = message if text is None else None
        shown = text if text is not None else json.dumps(message.to_json(), ensure_ascii=False)
        name = head(message)
        self.role = widgets.Dropdown(
            options=_ROLES if name in _ROLES else (*_ROLES, name),
            value=name,
            description="role",
            tooltip="Who speaks",
            disabled=text is None,
        )
        self.text = widgets.Textarea(
            value=shown,
            description=f"{name} message",
            placeholder="Text; {{ name }} inserts a value of the notebook, "
            "a line @image PATH attaches a file",
            rows=min(shown.count("\n") + 2, _MOST_LINES),
            disabled=text is None,
        )
        self.role.add_class("chp-role")
        self.text.add_class("chp-text")
        for widget in (self.role, self.text):
            widget.observe(lambda _change: on_change(), "value")

    def read(self) -> Message:
        if self._fixed is not None:
            return self._fixed
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
        below = widgets.HBox([self._add, *beside])
        below.add_class("chp-bar")
        self.widget = widgets.VBox([self._list, below])

    def read(self) -> tuple[Message, ...]:
        """Return the messages; empty ones are left out.

        Raises:
            InvalidRequest: An attachment stands where there can be none.
        """
        messages = [row.read() for row in self._rows]
        return tuple(each for each in messages if each.content or each.extra)

    def set(self, messages: Sequence[Message]) -> None:
        """Show messages; where there are none, an empty one of the user."""
        shown = messages or (read_text("user", ""),)
        self._rows = [_Row(message, self._on_change) for message in shown]
        self._draw()

    def _draw(self) -> None:
        self._list.children = [self._drawn(place, row) for place, row in enumerate(self._rows)]

    def _drawn(self, place: int, row: _Row) -> Any:
        up = button("arrow-up", "Move this message up", lambda: self._move(place, -1))
        down = button("arrow-down", "Move this message down", lambda: self._move(place, 1))
        gone = button("times", "Take this message away", lambda: self._remove(place))
        up.disabled, down.disabled = place == 0, place == len(self._rows) - 1
        top = widgets.HBox([row.role, up, down, gone])
        drawn = widgets.VBox([top, row.text])
        top.add_class("chp-message-top")
        drawn.add_class("chp-message")
        return drawn

    def _append(self) -> None:
        last = self._rows[-1].role.value if self._rows else ""
        self._rows.append(
            _Row(read_text("assistant" if last == "user" else "user", ""), self._on_change)
        )
        self._draw()
        self._on_change()

    def _move(self, place: int, by: int) -> None:
        self._rows.insert(place + by, self._rows.pop(place))
        self._draw()
        self._on_change()

    def _remove(self, place: int) -> None:
        del self._rows[place]
        self._draw()
        self._on_change()
