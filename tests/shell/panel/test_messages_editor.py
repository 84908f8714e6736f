"""The messages of a panel: edited, added, removed and moved."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.block import read_text
from chat_magic.core.request.messages import Message
from chat_magic.shell.panel.messages_editor import MessagesEditor


@pytest.fixture
def editor():
    """An editor with three messages; `changes` lists how many it had after each change."""
    changes = []
    editor = MessagesEditor(lambda: changes.append(len(editor._rows)))
    editor.changes = changes
    editor.set([read_text("system", "S"), read_text("user", "U"), read_text("assistant", "A")])
    return editor


def texts(editor):
    return [(message.role, message.content) for message in editor.read()]


def button(editor, row, tooltip):
    """Return a button of a row."""
    buttons = editor._list.children[row].children[0].children[1:]
    return next(widget for widget in buttons if widget.tooltip.startswith(tooltip))


def test_messages_are_shown_and_read_back(editor):
    """Showing them is not a change of the user."""
    assert texts(editor) == [("system", "S"), ("user", "U"), ("assistant", "A")]
    assert editor.changes == []


def test_messages_can_be_moved_and_removed(editor):
    """The first cannot go up, the last not down."""
    button(editor, 2, "Move this message up").click()
    assert texts(editor) == [("system", "S"), ("assistant", "A"), ("user", "U")]
    button(editor, 0, "Move this message down").click()
    assert texts(editor) == [("assistant", "A"), ("system", "S"), ("user", "U")]
    button(editor, 1, "Remove").click()
    assert texts(editor) == [("assistant", "A"), ("user", "U")]
    assert button(editor, 0, "Move this message up").disabled
    assert button(editor, 1, "Move this message down").disabled
    assert editor.changes == [3, 3, 2]


@pytest.mark.parametrize(
    ("last", "added"), [("user", "assistant"), ("assistant", "user"), ("system", "user")]
)
def test_an_added_message_continues_the_conversation(editor, last, added):
    """After the user the assistant speaks, else the user."""
    editor.set([read_text(last, "text")])
    editor._add.click()
    assert editor._rows[-1].role.value == added


def test_empty_messages_are_left_out(editor):
    """Also the one that is shown where there are none."""
    editor.set([])
    assert [row.role.value for row in editor._rows] == ["user"]
    assert editor.read() == ()
    editor._rows[0].text.value = "Hi"
    assert texts(editor) == [("user", "Hi")]


def test_a_text_is_only_text(editor):
    """A role mark in it does not open another message; the label follows the role."""
    editor._rows[0].role.value = "user"
    editor._rows[0].text.value = "Look:\nassistant: no"
    assert texts(editor)[0] == ("user", "Look:\nassistant: no")
    assert editor._rows[0].text.description == "user message"


def test_a_message_that_only_json_can_express_is_read_only(editor):
    """It is shown as JSON and kept as it is."""
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = Message(role="assistant", content=None, extra={"tool_calls": calls})
    editor.set([message])
    row = editor._rows[0]
    assert (row.text.disabled, row.role.disabled) == (True, True)
    assert '"tool_calls"' in row.text.value
    assert editor.read() == (message,)
