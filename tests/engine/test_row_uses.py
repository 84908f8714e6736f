"""How many versions of a prompt were judged by the same rows."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.grid import prompt_axis
from chat_magic.core.request.request import read_messages
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.history_recorder import HistoryRecorder
from chat_magic.engine.row_uses import RowUses, reuse_notice, row_use_of
from chat_magic.results.prompt import Prompt
from chat_magic.transport.configuration import Configuration
from tests.engine.calls import prepare
from tests.results.checked import rows_of

ROWS = rows_of([{"text": "a", "label": "x"}])
OTHER_ROWS = rows_of([{"text": "b", "label": "x"}])


def new_session():
    """Return the recorder and the counts of a session, as a kernel makes them."""
    history = HistoryRecorder(Configuration(), lambda: None)
    return history, RowUses(history)


def run(session, cell, rows=ROWS, keep=None):
    """Check a cell on rows, as `CellRunner` does; return how many versions there are then."""
    history, uses = session
    use = row_use_of([rows], cell)
    count = uses.add(use, keep)
    call = prepare(model="a/b", messages=[{"role": "user", "content": "Hi"}])
    history.record("grid", [call], HistoryOptions(keep=keep, row_use=use))
    return count


def test_different_cells_on_the_same_rows_are_counted(history_file):
    """A cell that runs again is the same one; other rows count anew."""
    session = new_session()
    assert [run(session, cell) for cell in ("one", "two", "one", "three")] == [1, 2, 2, 3]
    assert run(session, "one", OTHER_ROWS) == 1
    assert run(session, "\ud800") == 4


def test_another_kernel_and_a_restarted_one_know_the_count(history_file):
    """It is that of the history."""
    first = new_session()
    assert [run(first, cell) for cell in ("one", "two")] == [1, 2]
    second = new_session()
    assert run(second, "three") == 3
    assert run(first, "four") == 4


def test_without_a_history_a_session_counts_its_own_cells(monkeypatch):
    """A restarted kernel counts anew then."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", "off")
    session = new_session()
    assert [run(session, cell) for cell in ("one", "two", "one", "three")] == [1, 2, 2, 3]
    assert run(new_session(), "one") == 1


def test_a_cell_that_is_not_kept_counts_in_its_session(history_file):
    """Beside those of the history."""
    session = new_session()
    assert run(session, "one") == 1
    assert run(session, "two", keep=False) == 2
    assert run(session, "three") == 3
    assert run(new_session(), "three") == 2


def test_what_is_forgotten_is_not_counted_any_more(history_file):
    """Its digests go with its row."""
    session = new_session()
    assert [run(session, cell) for cell in ("one", "two")] == [1, 2]
    store = session[0].store()
    store.forget(store.matching("since:1970-01-01"))
    assert run(session, "three") == 1


def test_a_history_that_cannot_be_read_stops_no_cell(history_file):
    """The session's count stands."""
    history_file.parent.mkdir()
    history_file.write_text("my own notes\n" * 100)
    assert new_session()[1].add(row_use_of([ROWS], "one")) == 1


def test_a_prompt_that_changed_in_another_cell_is_another_version():
    """The text of the cell is the same then."""

    def version(*prompts):
        return row_use_of([ROWS, prompt_axis(["A", "B"], prompts, "--prompts")], "cell").version

    text, messages = Prompt("%%chat a/b\nHi"), read_messages("Hello")
    assert version(text, messages) == version(Prompt("%%chat a/b\nHi"), read_messages("Hello"))
    assert version(text, messages) != version(Prompt("%%chat a/b\nHo"), messages)
    assert version(text, messages) != version(text, read_messages("Hallo"))


def test_without_rows_there_is_nothing_to_count():
    """A single answer, or a grid of models."""
    assert row_use_of([], "one") is None


@pytest.mark.parametrize("versions", [0, 1, 2])
def test_two_versions_on_the_same_rows_are_not_worth_a_word(versions):
    """There is little to choose from."""
    assert reuse_notice(versions) is None


def test_from_the_third_version_on_it_is_said():
    """The best of many looks better than it is."""
    assert reuse_notice(6) == (
        "these rows have been used for 6 versions: judge the last on rows not used"
    )
