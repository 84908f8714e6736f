"""The control of a parameter: whether it is sent, its value, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.core.unset import UNSET
from chat_magic.shell.panel.inputs import input_for
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.request.parameters import Parameter
    from chat_magic.core.request.settings import Setting

__all__ = ["Control"]


class Control:
    """A parameter that is sent with a value, not sent, or unset although it has a default.

    Args:
        row: The parameter's row of the table.
        default: What the settings send for it.
        on_change: Called when the user has changed something.
    """

    def __init__(
        self, row: Parameter, default: Setting | None, on_change: Callable[[], None]
    ) -> None:
        self.row = row
        self._default = default
        self._on_change = on_change
        self._is_writing = False
        self._error = self._disabled_reason = ""
        self.send = widgets.Checkbox(description=row.name, tooltip=f"Send {row.name}", indent=False)
        self.unset = widgets.Checkbox(
            description="send nothing",
            tooltip=f"Do not send {row.name}, even if the settings have a default",
            indent=False,
        )
        self.input = input_for(row)
        self.note = widgets.HTML()
        self.widget = _row(self.send, self.input.widgets, self.unset, self.note)
        self.send.observe(self._send_switched, "value")
        self.unset.observe(self._unset_switched, "value")
        for widget in self.input.widgets:
            widget.observe(self._value_edited, "value")
        self.set(None)

    @property
    def is_sent(self) -> bool:
        """Whether a value is sent."""
        return bool(self.send.value)

    @property
    def is_invalid(self) -> bool:
        """Whether the value is not allowed."""
        return bool(self._error)

    def read(self) -> Any:
        """Return the value, UNSET if it must not be sent, None if the cell does not mention it.

        Raises:
            InvalidRequest: The value is not allowed.
        """
        if self.unset.value:
            return UNSET
        return self.input.read() if self.is_sent else None

    def set(self, value: Any) -> None:
        """Show a value, UNSET, or None for a parameter that the cell does not mention."""
        self._is_writing = True
        try:
            self.send.value = value is not None and value is not UNSET
            self.unset.value = value is UNSET
            self.input.write(value if self.is_sent else self._default_value)
        finally:
            self._is_writing = False
        self.update_note()

    @property
    def _default_value(self) -> Any:
        if self._default is not None and self._default.value is not UNSET:
            return self._default.value
        return None

    def disable(self, reason: str) -> None:
        """Disable the control for a reason, unless its value is sent; an empty one enables it."""
        self._disabled_reason = reason
        self.update_note(self._error)
        is_disabled = bool(reason) and not self.is_sent
        for widget in (self.send, *self.input.widgets):
            widget.disabled = is_disabled

    def update_note(self, error: str = "") -> None:
        """Show an error, why the control is disabled, the default, and the parameter's help."""
        self._error = error
        has_unset = self._default is not None or self.unset.value
        self.unset.layout.display = None if has_unset else "none"
        parts = [f'<span class="chp-error" role="alert">{escape(error)}</span>'] if error else []
        if self._disabled_reason and not self.is_sent:
            parts.append(f"<em>{escape(self._disabled_reason)}</em>")
        if self._default is not None and not self.is_sent and not self.unset.value:
            parts.append(f"<strong>{escape(_describe_default(self._default))}</strong>")
        parts.append(escape(self.row.help))
        self.note.value = f'<div class="chp-note">{" · ".join(parts)}</div>'
        for name, is_on in (("chp-sent", self.is_sent), ("chp-invalid", bool(error))):
            (self.widget.add_class if is_on else self.widget.remove_class)(name)

    def _send_switched(self, _change: Any) -> None:
        if self._is_writing:
            return
        if self.is_sent:
            self._set_checkbox(self.unset, False)
        self._on_change()

    def _unset_switched(self, _change: Any) -> None:
        if self._is_writing:
            return
        if self.unset.value:
            self._set_checkbox(self.send, False)
        self._on_change()

    def _value_edited(self, _change: Any) -> None:
        """Send the value that the user has entered."""
        if self._is_writing:
            return
        self._set_checkbox(self.unset, False)
        self._set_checkbox(self.send, True)
        self._on_change()

    def _set_checkbox(self, checkbox: Any, is_on: bool) -> None:
        """Set a checkbox without calling `on_change`."""
        self._is_writing = True
        checkbox.value = is_on
        self._is_writing = False


def _describe_default(default: Setting) -> str:
    if default.value is UNSET:
        return f"not sent ({default.source})"
    return f"default {default.value} ({default.source})"


def _row(send: Any, inputs: list[Any], unset: Any, note: Any) -> Any:
    line = widgets.HBox([send, *inputs, unset])
    row = widgets.VBox([line, note])
    for widget, name in ((send, "send"), (line, "line"), (row, "row"), (unset, "unset")):
        widget.add_class(f"chp-{name}")
    return row
