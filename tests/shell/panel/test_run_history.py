"""The history of a panel: thumbnails that show, restore and compare earlier answers."""

from __future__ import annotations

import pytest

from chat_magic import ChatError
from chat_magic.core.cell.form import read_form
from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.core.request.request import ChatRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.panel.run_history import HistoryEntry, RunHistory


def result(text):
    """Return a result with one choice."""
    choices = (Choice(index=0, message=Message(content=text)),)
    return ChatResult(ChatRequest(model="a/b"), Reply(choices=choices), Timing(), ())


def failure(words, partial=None):
    """Return an error, with what had arrived before it."""
    error = ChatError(words)
    error.result = partial
    return error


def entry(outcome, cell="%%chat a/b\nHi", model="a/b"):
    """Return the entry of a finished run."""
    return HistoryEntry(form=read_form(cell), outcome=outcome, model=model, clock="12:34:56")


@pytest.fixture
def calls():
    """What the history has called, with what."""
    return []


@pytest.fixture
def history(calls):
    """An empty history."""
    return RunHistory(
        lambda entry: calls.append(("show", entry)),
        lambda entry: calls.append(("restore", entry)),
        lambda entries: calls.append(("compare", *entries)),
    )


def test_an_empty_history_takes_no_room(history):
    """It appears with the first answer."""
    assert history.widget.layout.display == "none"
    history.add(entry(result("Hi")))
    assert history.widget.layout.display is None


def test_the_newest_thumbnail_comes_first_and_says_what_changed(history):
    """With its number, model and time."""
    history.add(entry(result("One"), "%%chat a/b -t 0\nHi"))
    history.add(entry(result("Two"), "%%chat a/b -t 1\nHi"))
    newest, oldest = history.thumbnails
    assert [newest.children[0].description, oldest.children[0].description] == ["Two", "One"]
    assert "<b>1</b> a/b · 12:34:56<br>temperature 1" in newest.children[1].value
    assert "<b>0</b> a/b · 12:34:56<br>temperature 0" in oldest.children[1].value


def test_a_thumbnail_shows_and_restores_its_answer(history, calls):
    """By a click on its text, and on its button."""
    first = entry(result("One"))
    history.add(first)
    history.add(entry(result("Two")))
    thumbnail = history.thumbnails[1]
    thumbnail.children[0].click()
    thumbnail.children[2].children[1].click()
    assert calls == [("show", first), ("restore", first)]


def test_two_selected_answers_can_be_compared(history, calls):
    """In the order in which they ran, whatever the order of the clicks."""
    entries = [entry(result(text)) for text in ("One", "Two", "Three")]
    for finished in entries:
        history.add(finished)
    assert history.compare.disabled
    history.checkboxes[entries[2]].value = True
    assert history.compare.disabled
    history.checkboxes[entries[0]].value = True
    assert not history.compare.disabled
    history.compare.click()
    assert calls == [("compare", entries[0], entries[2])]
    history.checkboxes[entries[0]].value = False
    assert history.compare.disabled


@pytest.mark.parametrize(
    ("outcome", "excerpt", "is_comparable"),
    [
        (result("Hi\n\n  there"), "Hi there", True),
        (result(""), "(empty answer)", True),
        (result("x" * 200), "x" * 89 + "…", True),
        (result("\x1b[31mred"), "red", True),
        (ChatResults((result("One"), result("Two"))), "2 answers | One | Two", True),
        (failure("no such model"), "ChatError: no such model", False),
        (failure("broken", result("Half")), "Half", True),
    ],
)
def test_a_thumbnail_begins_with_the_answer_or_the_error(history, outcome, excerpt, is_comparable):
    """What arrived before an error can be compared, an error alone cannot."""
    finished = entry(outcome)
    history.add(finished)
    assert history.thumbnails[0].children[0].description == excerpt
    assert history.checkboxes[finished].disabled is not is_comparable


def test_markup_in_a_thumbnail_is_text(history):
    """Of the model and of the settings; the answer is a button's label, which is text anyway."""
    cell = "%%chat a/b --metadata 'k=<script>'\nHi"
    history.add(entry(result("<img src=x>"), cell, model="a/<b>x"))
    details = history.thumbnails[0].children[1].value
    assert "a/&lt;b&gt;x" in details
    assert "&lt;script&gt;" in details
    assert "<script>" not in details
