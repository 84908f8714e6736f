"""Where the history is, and when it is on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chat_magic.engine import history_recorder
from chat_magic.engine.execution_record import KEEP_BY_SETTING, NOT_RECORDED, HistoryOptions
from chat_magic.engine.history_recorder import CellPlace, HistoryRecorder
from chat_magic.engine.session import default_session
from chat_magic.transport.configuration import Configuration
from tests.completions import delta
from tests.engine.calls import prepare
from tests.gateway import HOLD, Gateway, events

CELL = CellPlace(notebook="/w/a.ipynb", cell_id="c1", source="%%chat\nHi")
UNWATCHED = CellPlace(is_watched=False)


@pytest.fixture
def recorder():
    """A recorder with settings of its own."""
    return HistoryRecorder(Configuration(), lambda: None)


@pytest.mark.parametrize(
    ("setting", "place", "keep", "ci", "is_on"),
    [
        (None, CELL, None, "", True),
        (None, UNWATCHED, None, "", False),
        (None, CELL, None, "true", False),
        ("on", UNWATCHED, None, "true", True),
        ("off", CELL, None, "", False),
        ("/tmp/x.db", UNWATCHED, None, "true", True),
        ("off", CELL, True, "", True),
        ("on", CELL, False, "", False),
    ],
)
def test_it_is_on_where_somebody_watches_unless_it_is_set(
    recorder, monkeypatch, setting, place, keep, ci, is_on
):
    """What an execution says itself comes first, then the setting."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", setting or "")
    monkeypatch.setenv("CI", ci)
    assert recorder.is_on(place, keep) is is_on


def test_it_is_in_the_users_data_folder_unless_a_path_is_set(recorder, monkeypatch, tmp_path):
    """`~` is the home folder."""
    monkeypatch.delenv("CHAT_MAGIC_HISTORY")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_a, **_o: tmp_path / "data")
    assert recorder.store().path == tmp_path / "data" / "history.db"
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", "~/chats.db")
    assert recorder.store().path == Path.home() / "chats.db"
    for path in (tmp_path / "data" / "history.db", Path.home() / "chats.db"):
        history_recorder._stores.pop(path)


def test_all_sessions_of_a_process_share_the_history_of_a_file(recorder, history_file):
    """And the limits are those of the settings."""
    recorder._configuration.set("history_mb", 20)
    recorder._configuration.set("history_days", 30)
    store = recorder.store()
    assert store.limits == (20, 30)
    assert HistoryRecorder(Configuration(), lambda: None).store() is store
    assert store.limits == (512.0, None)


def test_the_cell_that_runs_is_in_the_row(recorder, history_file):
    """An option's source wins over the cell's."""
    recorder.locate = lambda: CELL
    call = prepare(messages="Hi", model="local")
    recorder.record("answer", [call], KEEP_BY_SETTING)
    recorder.record("answer", [call], HistoryOptions(source="%chat Hi"))
    store = recorder.store()
    rows = store.search()
    assert [(row.notebook, row.cell_id, row.thread) for row in rows] == [
        ("/w/a.ipynb", "c1", None),
        ("/w/a.ipynb", "c1", None),
    ]
    assert [store.load(number).source for number in (1, 2)] == ["%%chat\nHi", "%chat Hi"]


def test_nothing_is_recorded_where_it_is_off(recorder):
    """And no file is made."""
    assert recorder.record("answer", [], KEEP_BY_SETTING) is NOT_RECORDED


CODE = """
import sys
import chat_magic
from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
before = "sqlite3" in sys.modules
call = prepare_call(default_session(), read_fields({"messages": "Hi"}, allow_extra=False))
start_answer(default_session(), call)
print(before)
from chat_magic.store import history_writer
from chat_magic.transport import loop
history_writer.CLOSE_S = loop._CLOSE_S = 60  # however slow the machine
"""


def test_what_runs_when_the_process_ends_is_kept_as_interrupted(history_file, run_python):
    """Its end is written before the process is gone; sqlite3 is imported by the first call."""
    with Gateway(events(delta("Hel"), HOLD)) as gateway:
        environment = {
            "CHAT_MAGIC_BASE_URL": gateway.base_url,
            "CHAT_MAGIC_API_KEY": "sk-canary-1234567890",
            "CHAT_MAGIC_MODEL": "a/b",
        }
        ran = run_python(CODE, env={**os.environ, **environment})
    assert ran.stdout == "False\n", ran.stderr
    (row,) = default_session().history.store().search()
    assert row.status == "interrupted"
