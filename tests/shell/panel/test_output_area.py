"""The output of a panel: below it, in it after a page reload, or printed in a terminal."""

from __future__ import annotations

import ipywidgets as widgets
import pytest

from chat_magic.shell.panel.output_area import (
    CellOutput,
    FinalOutput,
    TerminalOutput,
    reload_aware_box,
)

ONE = {"text/plain": "One", "text/html": "<p>One"}
TWO = {"text/plain": "Two", "text/html": "<p>Two"}


def test_answers_are_drawn_below_the_panel(published):
    """Not in the widget, which a saved notebook does not contain."""
    fallback = widgets.Output()
    output = CellOutput(fallback)
    output.draw(ONE)
    assert published[-1] == ONE
    assert fallback.outputs == ()


def test_after_a_reload_answers_are_drawn_in_the_widget_too(published):
    """Each replaces the one before it."""
    fallback = widgets.Output()
    output = CellOutput(fallback)
    output.use_fallback()
    output.draw(ONE)
    output.draw(TWO)
    assert published[-1] == TWO
    assert [drawn["data"] for drawn in fallback.outputs] == [TWO]


def test_a_panel_that_is_displayed_again_begins_with_the_last_answer(published):
    """And empties the widget of the reloaded page."""
    fallback = widgets.Output()
    output = CellOutput(fallback)
    output.use_fallback()
    output.draw(ONE)
    CellOutput(fallback, output.last)
    assert published[-1] == ONE
    assert fallback.outputs == ()


def test_a_terminal_prints_each_answer(capsys):
    """A reload does not exist there."""
    output = TerminalOutput()
    output.use_fallback()
    output.draw(ONE)
    output.draw(TWO)
    printed = capsys.readouterr().out
    assert printed.index("One") < printed.index("Two")
    assert output.last is None


@pytest.mark.parametrize(("key", "reloads"), [(None, 1), ("children", 0)])
def test_a_page_that_asks_for_the_whole_state_was_reloaded(key, reloads):
    """A page that saw the box created knows its state; an update asks for one key."""
    calls = []
    box = reload_aware_box([widgets.HTML()], lambda: calls.append(1))
    assert calls == []
    box.get_state(key=key)
    assert len(calls) == reloads


def test_where_nobody_watches_each_answer_is_published_once(published):
    """There is no page to reload."""
    output = FinalOutput()
    output.use_fallback()
    output.draw(ONE)
    assert published == [ONE]
