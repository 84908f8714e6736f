"""Sections: a title that says what the controls below it send, and folds them away."""

from __future__ import annotations

import pytest
from ipywidgets import HTML

from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.shell.panel.controls import Control
from chat_magic.shell.panel.section import Section


@pytest.fixture
def section():
    """A section with two controls."""
    controls = {
        name: Control(PARAMETERS[name], None, lambda: None) for name in ("stop", "temperature")
    }
    return Section("sampling", controls)


def test_a_section_is_closed_at_first_and_toggled_by_its_heading(section):
    """The tooltip says what a click does."""
    heading = section.widget.children[0]
    assert (section.is_open, heading.tooltip) == (False, "Show sampling")
    heading.click()
    assert (section.is_open, heading.tooltip) == (True, "Hide sampling")
    heading.click()
    assert not section.is_open


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        ({}, "sampling"),
        ({"temperature": 0.5, "seed": 1}, "sampling · temperature 0.5"),
        ({"temperature": 0, "stop": ["a", "b"]}, "sampling · stop a, b · temperature 0"),
        ({"stop": ["x" * 200]}, f"sampling · stop {'x' * 53}…"),
    ],
)
def test_the_title_says_what_the_section_sends(section, parameters, title):
    """Of its own controls only, in their order, in at most 70 characters."""
    section.update(parameters)
    assert section.title == title
    assert not section.is_open


def test_a_section_opens_where_a_value_is_invalid(section):
    """So that the error is visible."""
    section._controls["temperature"].update_note("temperature 3: must be 0 to 2")
    section.update({})
    assert section.is_open


def test_widgets_are_added_below_the_controls(section):
    """For fields that are not parameters."""
    extra = HTML()
    section.add([extra])
    assert section.widget.children[1].children[-1] is extra
