"""The toolbars: the cell and its buttons, presets, and the list of sources."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from chat_magic.shell.panel.toolbars import CellPreview, PresetBar, SourcePicker

CELL = "%%chat a/b --max-completion-tokens 5\nuser: <script>'\"&é\ud83d"


@pytest.fixture
def preview():
    """A preview of a cell."""
    preview = CellPreview()
    preview.show(CELL)
    return preview


def test_the_cell_is_shown_as_text(preview):
    """Its first line breaks between words only, not after the hyphens of options."""
    html = preview.widget.value
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert '<span class="chp-word">--max-completion-tokens</span>' in html


def test_the_labextension_finds_the_cell_and_its_buttons(preview):
    """The page has no script of ours: what the buttons do is in the labextension."""
    html = preview.widget.value
    (data,) = re.findall(r'data-cell="([^"]*)"', html)
    assert unquote(data) == CELL.replace("\ud83d", "?")
    assert re.findall(r'data-action="(\w+)"', html) == ["copy", "insert"]
    assert html.count("chp-cell-action") == 2
    assert '<span role="status"' in html
    assert not re.search(r"\son\w+=", html)


def test_a_preview_of_a_cell_that_exists_can_update_it():
    """And run it; the id says which cell it is."""
    preview = CellPreview("a b")
    preview.show(CELL)
    html = preview.widget.value
    assert re.findall(r'data-action="(\w+)"', html) == ["update", "run", "copy", "insert"]
    assert 'data-cell-id="a%20b"' in html


def test_an_outdated_cell_stays_and_is_marked(preview):
    """Until the next one is shown."""
    preview.mark_outdated()
    assert "chp-outdated" in preview.widget.value
    assert "not updated: a control has an error" in preview.widget.value
    assert "&lt;script&gt;" in preview.widget.value
    preview.show("%%chat")
    assert "chp-outdated" not in preview.widget.value
    assert "not updated" not in preview.widget.value


@pytest.mark.parametrize("action", ["load", "save", "delete"])
def test_a_preset_button_acts_on_the_name_and_offers_the_names_again(action):
    """Saving adds one, deleting removes one."""
    calls, names = [], ["old"]

    def act(name):
        calls.append(name)
        names.append("new")

    actions = dict.fromkeys(("load", "save", "delete"), lambda _name: calls.append("other"))
    bar = PresetBar(**{**actions, action: act}, names=lambda: names)
    assert bar.name.options == ("old",)
    bar.name.value = "mine"
    getattr(bar, action).click()
    assert calls == ["mine"]
    assert bar.name.options == ("old", "new")


def test_a_source_that_is_picked_is_handed_over_once():
    """The list then shows its title again, so that the same source can be picked again."""
    picked = []
    picker = SourcePicker(picked.append)
    picker.offer([("result r", "first"), ("In [1] %%chat", "second")])
    assert picker.titles == ["result r", "In [1] %%chat"]
    for index in (1, 2, 2):
        picker.widget.value = index
        assert picker.widget.value == 0
    assert picked == ["first", "second", "second"]


def test_a_variable_that_was_assigned_again_is_picked_with_its_new_value():
    """Its title is the same."""
    picked = []
    picker = SourcePicker(picked.append)
    for source in ("old", "new"):
        picker.offer([("result r", source)])
    picker.widget.value = 1
    assert picked == ["new"]


def test_sources_with_the_same_title_are_both_offered():
    """A title is a label, not a key."""
    picked = []
    picker = SourcePicker(picked.append)
    picker.offer([("%%chat a/b …", "first"), ("%%chat a/b …", "second")])
    picker.widget.value = 2
    assert picked == ["second"]
