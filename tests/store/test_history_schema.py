"""The tables of the history: each released version leads to the next."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chat_magic.store.database import open_database
from chat_magic.store.history_schema import MIGRATIONS, VERSION

FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_file_of_each_version_is_kept_for_the_tests(version):
    """A released version never changes; what is new is a further migration."""
    assert (FILES / f"history-v{version}.db.gz").exists()


def test_the_version_is_the_number_of_migrations():
    """So that a file knows which ones it lacks."""
    assert len(MIGRATIONS) == VERSION


def test_the_kept_file_of_this_version_has_the_tables_of_this_version(tmp_path):
    """Version 1 is fixed by its file: a change of its tables must be version 2."""

    def tables(path):
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1"
            return connection.execute(query).fetchall()

    new, kept = tmp_path / "new.db", tmp_path / "kept.db"
    open_database(new).close()
    kept.write_bytes(gzip.decompress((FILES / f"history-v{VERSION}.db.gz").read_bytes()))
    assert tables(kept) == tables(new)


def test_rows_that_belong_to_an_execution_go_with_it(tmp_path):
    """Every table with an execution's number cascades."""
    with closing(open_database(tmp_path / "history.db")) as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%execution_id%'"
        names = {name for (name,) in connection.execute(query)} - {"search"}
        assert names >= {"runs", "results", "journal", "texts", "cache", "turns"}
        for name in names:
            keys = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            actions = {key[3]: key[6] for key in keys}
            assert actions["execution_id"] == "CASCADE", name
