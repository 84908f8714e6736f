"""The resume file of a map."""

from __future__ import annotations

import sqlite3
import stat
import sys

import pytest

from chat_magic.store.rows import ForeignFile, RowsFile

ONE, TWO = "01" * 32, "02" * 32


@pytest.fixture
def rows(tmp_path):
    with RowsFile(tmp_path / "map.db") as file:
        yield file


def test_an_answer_is_found_by_its_key_after_the_file_was_closed(tmp_path):
    """What `put` has returned from is in the file."""
    with RowsFile(tmp_path / "map.db") as file:
        file.put([(ONE, b"one")])
    with RowsFile(tmp_path / "map.db") as file:
        assert file.find([ONE, TWO]) == {ONE: b"one"}
        assert file.count() == 1


def test_more_keys_are_found_than_a_statement_takes(rows):
    """Keys are looked up in parts."""
    keys = [f"{number:064x}" for number in range(1200)]
    rows.put([(key, b"x") for key in keys])
    assert len(rows.find(keys)) == 1200


def test_equal_keys_are_draws_of_this_run_alone(tmp_path):
    """The draw is how often the key came before; the next run starts at 0."""
    with RowsFile(tmp_path / "map.db") as file:
        assert file.next_draws([ONE, TWO, ONE, ONE]) == [0, 0, 1, 2]
    with RowsFile(tmp_path / "map.db") as file:
        assert file.next_draws([ONE]) == [0]


def test_a_chunk_waits_for_its_turn(rows):
    """It is returned once."""
    rows.hold(3, b"three")
    rows.hold(2, b"two")
    assert rows.release(2) == b"two"
    assert rows.release(3) == b"three"


def test_the_file_of_another_prompt_is_told(rows):
    """An empty file, and one with this prompt among others, are not."""
    assert not rows.note_prompt("a")
    assert rows.note_prompt("b")
    assert not rows.note_prompt("a")


def test_a_state_replaces_the_earlier_one(rows):
    """One text by name."""
    assert rows.state("jobs") is None
    rows.set_state("jobs", "1")
    rows.set_state("jobs", "2")
    assert rows.state("jobs") == "2"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")
def test_only_its_owner_can_read_it(rows):
    """The mode is 0600, that of the files beside it too."""
    rows.put([(ONE, b"one")])
    modes = {stat.S_IMODE(file.stat().st_mode) for file in rows.path.parent.iterdir()}
    assert modes == {0o600}


def foreign_database(path):
    """Make a database of another program."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()


def newer_file(path):
    """Make a file of a later version."""
    RowsFile(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


FOREIGN = {
    "text": lambda path: path.write_text("notes"),
    "a database of another program": foreign_database,
    "a newer version": newer_file,
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_another_file_is_refused_and_not_touched(tmp_path, make):
    """Its bytes stay, and no file appears beside it."""
    path = tmp_path / "map.db"
    make(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(ForeignFile):
        RowsFile(path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_an_empty_file_is_made_a_resume_file(tmp_path):
    """Such as one that `tempfile` has made."""
    (tmp_path / "map.db").touch()
    with RowsFile(tmp_path / "map.db") as file:
        assert file.count() == 0
