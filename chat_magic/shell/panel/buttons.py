"""Buttons of the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["button"]


def button(icon: str, tooltip: str, on_click: Callable[[], None], label: str = "") -> Any:
    """Return a button with an icon, and a label if one is given."""
    widget = widgets.Button(description=label, icon=icon, tooltip=tooltip)
    widget.on_click(lambda _button: on_click())
    widget.add_class("chp-button" if label else "chp-icon")
    return widget
