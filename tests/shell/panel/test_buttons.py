"""Buttons: an icon, a tooltip, and a label if there is one."""

from __future__ import annotations

import pytest

from chat_magic.shell.panel.buttons import button


@pytest.mark.parametrize(("label", "css_class"), [("", "chp-icon"), ("Add message", "chp-button")])
def test_a_button_calls_its_function_and_has_a_tooltip(label, css_class):
    """The style depends on whether it has a label."""
    clicks = []
    widget = button("plus", "Add a message at the end", lambda: clicks.append(1), label)
    widget.click()
    assert clicks == [1]
    assert (widget.icon, widget.tooltip, widget.description) == (
        "plus",
        "Add a message at the end",
        label,
    )
    assert css_class in widget._dom_classes
