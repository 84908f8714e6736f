"""A group of controls that can be folded: its title says what it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.shell.panel.controls import button
from chat_magic.shell.panel.describe import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.shell.panel.controls import Control

__all__ = ["Section"]

_MOST = 70
"""Characters of a title."""


class Section:
    """Controls below a title that opens and closes them.

    Args:
        title: What they are about.
        controls: The controls, by their parameters' names.
    """

    def __init__(self, title: str, controls: Mapping[str, Control]) -> None:
        self._title = title
        self._controls = controls
        self._rows = widgets.VBox([control.widget for control in controls.values()])
        self._head = button("caret-right", "", self._turn, title)
        self._head.add_class("chp-fold-head")
        self.widget = widgets.VBox([self._head, self._rows])
        self.widget.add_class("chp-fold")
        self._show(False)

    @property
    def title(self) -> str:
        """What the fold is headed with, whether open or closed."""
        return str(self._head.description)

    @property
    def is_open(self) -> bool:
        """Whether what is in it is shown."""
        return self._rows.layout.display is None

    def add(self, others: Sequence[Any]) -> None:
        """Add widgets below the controls."""
        self._rows.children = (*self._rows.children, *others)

    def open(self) -> None:
        """Show what is in it."""
        self._show(True)

    def _turn(self) -> None:
        self._show(not self.is_open)

    def _show(self, is_open: bool) -> None:
        self._rows.layout.display = None if is_open else "none"
        self._head.icon = "caret-down" if is_open else "caret-right"
        self._head.tooltip = f"{'Hide' if is_open else 'Show'} {self._title}"

    def sum_up(self, parameters: Mapping[str, Any]) -> None:
        """Say in the title what is sent, and open where something is wrong."""
        given = in_words(parameters)
        sent = [f"{name} {given[name]}" for name in self._controls if name in given]
        title = " · ".join([self._title, *sent])
        self._head.description = title if len(title) <= _MOST else title[: _MOST - 1] + "…"
        if any(control.is_wrong for control in self._controls.values()):
            self.open()
