"""Controls: what is sent, what is unset, errors and reasons beside the value."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import Setting
from chat_magic.core.unset import UNSET
from chat_magic.shell.panel.controls import Control


@pytest.fixture
def make():
    """Return a function that makes a control; `changes` counts what the user has changed."""

    def make(name="temperature", default=None):
        return Control(PARAMETERS[name], default, lambda: make.changes.append(name))

    make.changes = []
    return make


def test_nothing_is_sent_at_first(make):
    """The control says nothing about its parameter."""
    control = make()
    assert (control.is_sent, control.read()) == (False, None)


def test_editing_the_value_sends_it(make):
    """Without ticking the box first."""
    control = make()
    control.input.widgets[1].value = 0.5
    assert (control.is_sent, control.read()) == (True, 0.5)
    assert make.changes


def test_showing_a_value_is_not_a_change_of_the_user(make):
    """Filling a panel would write the cell once for each control."""
    control = make()
    for value in (0.5, UNSET, None):
        control.set(value)
        assert control.read() is value or control.read() == value
    assert make.changes == []


def test_a_default_is_shown_and_can_be_unset(make):
    """Sending and unsetting exclude each other."""
    control = make(default=Setting(0.2, "%config"))
    assert control.unset.layout.display is None
    assert "default 0.2 (%config)" in control.note.value
    assert control.input.widgets[1].value == 0.2
    control.send.value = True
    control.unset.value = True
    assert (control.is_sent, control.read()) == (False, UNSET)
    control.send.value = True
    assert (control.unset.value, control.read()) == (False, 0.2)


def test_a_default_that_is_unset_is_shown(make):
    """It says where that comes from."""
    control = make(default=Setting(UNSET, "CHAT_MAGIC_TEMPERATURE"))
    assert "not sent (CHAT_MAGIC_TEMPERATURE)" in control.note.value


def test_without_a_default_there_is_nothing_to_unset(make):
    """Unless the cell unsets it all the same."""
    control = make()
    assert control.unset.layout.display == "none"
    control.set(UNSET)
    assert control.unset.layout.display is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", 3, "temperature 3: must be 0 to 2"),
        ("top_k", 0, "top_k 0: must be a whole number, at least 1"),
        ("n", 500, "n 500: must be a whole number, 1 to 128"),
    ],
)
def test_a_value_out_of_range_is_an_error(make, name, value, words):
    """The value stays as typed."""
    control = make(name)
    control.input.widgets[-1].value = value
    with pytest.raises(InvalidRequest, match=words):
        control.read()
    assert control.input.widgets[-1].value == value


def test_an_error_is_shown_as_text_above_the_help(make):
    """Markup in it stays text."""
    control = make()
    control.update_note("<b>wrong")
    assert control.is_invalid
    assert '<span class="chp-error" role="alert">&lt;b&gt;wrong</span>' in control.note.value
    assert "chp-invalid" in control.widget._dom_classes
    control.update_note()
    assert not control.is_invalid
    assert "chp-invalid" not in control.widget._dom_classes


def test_a_disabled_control_says_why(make):
    """A value that is sent already can still be changed."""
    control = make("tool_choice")
    control.disable("requires tools")
    assert control.send.disabled
    assert "<em>requires tools</em>" in control.note.value
    control.disable("")
    assert not control.send.disabled
    control.set("auto")
    control.disable("requires tools")
    assert not control.send.disabled


@pytest.mark.parametrize("name", [n for n, row in PARAMETERS.items() if row.replaced_by is None])
def test_every_control_has_a_name_tooltips_and_its_help(make, name):
    """So that a screen reader can name it and the reference is not needed."""
    control = make(name)
    assert control.send.description == name
    assert PARAMETERS[name].help.split(":")[0].split("\\")[0][:20] in control.note.value
    for widget in control.input.widgets:
        assert widget.tooltip or getattr(widget, "tooltips", None) or widget.description
