"""A collapsible group of controls whose title says what it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.shell.panel.buttons import button
from chat_magic.shell.panel.describe import describe_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.shell.panel.controls import Control

__all__ = ["Section"]

_TITLE_LENGTH = 70


class Section:
    """Controls below a title that expands and collapses them.

    Args:
        name: What the controls are about; the title begins with it.
        controls: The controls, by their parameters' names.
    """

    def __init__(self, name: str, controls: Mapping[str, Control]) -> None:
        self._name = name
        self._controls = controls
        self._rows = widgets.VBox([control.widget for control in controls.values()])
        self._heading = button("caret-right", "", self._toggle, name)
        self._heading.add_class("chp-section-heading")
        self.widget = widgets.VBox([self._heading, self._rows])
        self.widget.add_class("chp-section")
        self._set_open(False)

    @property
    def title(self) -> str:
        """The name and the settings that are sent, as displayed."""
        return str(self._heading.description)

    @property
    def is_open(self) -> bool:
        """Whether the controls are visible."""
        return self._rows.layout.display is None

    def add(self, others: Sequence[Any]) -> None:
        """Add widgets below the controls."""
        self._rows.children = (*self._rows.children, *others)

    def open(self) -> None:
        """Show the controls."""
        self._set_open(True)

    def _toggle(self) -> None:
        self._set_open(not self.is_open)

    def _set_open(self, is_open: bool) -> None:
        self._rows.layout.display = None if is_open else "none"
        self._heading.icon = "caret-down" if is_open else "caret-right"
        self._heading.tooltip = f"{'Hide' if is_open else 'Show'} {self._name}"

    def update(self, parameters: Mapping[str, Any]) -> None:
        """Write what is sent into the title; open the section where a value is invalid."""
        values = describe_settings(parameters)
        sent = [f"{name} {values[name]}" for name in self._controls if name in values]
        title = " · ".join([self._name, *sent])
        self._heading.description = (
            title if len(title) <= _TITLE_LENGTH else f"{title[: _TITLE_LENGTH - 1]}…"
        )
        if any(control.is_invalid for control in self._controls.values()):
            self.open()
