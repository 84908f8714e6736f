"""A map in the history is one line."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import ApiError, ChatResults
from tests.engine.test_chat_map import ask, refusal, shout


@pytest.fixture
def history(tmp_path, monkeypatch):
    """A history of our own."""
    monkeypatch.setenv("CHAT_MAGIC_HISTORY", str(tmp_path / "history.db"))


@pytest.mark.usefixtures("history")
def test_a_map_is_one_line_with_its_template_and_counts(gateway, tmp_path):
    """Not its rows."""
    gateway(shout)
    ask(["one", "fail", "three"], "Say {{ text }}", resume=tmp_path / "map.db")
    table = chat_magic.history()
    (number,) = table.index
    row = table.loc[number]
    assert row["kind"] == "map"
    assert row["status"] == "complete"
    assert row["model"] == "a/b"
    assert row["prompt"] == "Say {{ text }}"
    assert (row["requests"], row["answers"], row["failed"]) == (3, 2, 1)
    assert row["completion_tokens"] == 4
    loaded = chat_magic.load(int(number))
    assert isinstance(loaded, ChatResults)
    assert len(loaded) == 0
    assert loaded.resume == str(tmp_path / "map.db")


@pytest.mark.usefixtures("history")
def test_a_map_that_ended_early_has_its_error(gateway):
    """Its status is `failed`."""
    gateway(refusal(401, "wrong key"))
    with pytest.raises(ApiError):
        ask(["one"])
    row = chat_magic.history().iloc[0]
    assert row["status"] == "failed"
    assert "wrong key" in row["error"]


@pytest.mark.usefixtures("history")
def test_the_rows_of_a_generator_are_counted_at_the_end(gateway):
    """Their number is not known before."""
    gateway(shout)
    ask(iter(["one", "two"]))
    assert chat_magic.history().iloc[0]["requests"] == 2


def test_without_a_history_nothing_is_kept(gateway):
    """Nor is anything said."""
    gateway(shout)
    assert ask(["one"])["answer"].tolist() == ["ONE"]
