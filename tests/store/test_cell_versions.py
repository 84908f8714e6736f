"""Which executions are versions of a cell."""

from __future__ import annotations

import pytest

from chat_magic.store.cell_versions import CellExecution, is_version
from tests.store.executions import keep, open_store

A, B, GONE = "/w/a.ipynb", "/w/b.ipynb", "/w/gone.ipynb"


def exists(path):
    """Know the paths of this file; of relative ones nothing."""
    return None if not path.startswith("/") else path != GONE


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((1, A, "c"), (1, A, "c"), True),
        ((1, A, "c"), (2, A, "c"), True),
        ((1, A, "c"), (2, B, "c"), False),
        ((1, A, "c"), (1, B, "c"), True),
        ((1, A, "c"), (2, GONE, "c"), True),
        ((1, GONE, "c"), (2, A, "c"), True),
        ((1, "a.ipynb", "c"), (2, "b.ipynb", "c"), False),
        ((1, "a.ipynb", "c"), (2, "a.ipynb", "c"), True),
        ((1, A, "c"), (1, A, "d"), False),
        ((1, A, None), (1, A, None), False),
        ((1, None, "c"), (1, None, "c"), True),
        ((1, None, "c"), (2, None, "c"), False),
        ((1, A, "c"), (2, None, "c"), False),
        ((1, A, "#W2"), (1, A, "#W2"), True),
        ((1, A, "#W2"), (2, A, "#W2"), False),
    ],
)
def test_versions_have_the_cell_and_the_session_or_the_path_in_common(one, other, expected):
    """A path that is gone was renamed, one that exists is a copy."""
    assert is_version(CellExecution(*one), CellExecution(*other), exists) is expected
    assert is_version(CellExecution(*other), CellExecution(*one), exists) is expected


def test_the_store_lists_the_versions_of_a_cell(tmp_path):
    """Those of a session before under the same or a lost path too, the newest first."""
    notebook, copy = tmp_path / "a.ipynb", tmp_path / "copy.ipynb"
    notebook.touch()
    copy.touch()
    path = tmp_path / "history.db"
    before = open_store(path)
    keep(before, "1", cell_id="c", notebook=str(notebook))
    keep(before, "2", cell_id="d", notebook=str(notebook))
    keep(before, "3", cell_id="c", notebook=str(tmp_path / "renamed.ipynb"))
    before.close()
    elsewhere = open_store(path)
    keep(elsewhere, "4", cell_id="c", notebook=str(copy))
    elsewhere.close()
    store = open_store(path)
    keep(store, "5", cell_id="c", notebook=str(notebook))
    keep(store, "6")
    assert [row.prompt for row in store.versions(5)] == ["5", "3", "1"]
    assert store.versions(6) == []
    assert [row.id for row in store.versions_of_cell("c", str(notebook))] == [5, 3, 1]
    assert [row.id for row in store.versions_of_cell("c", None)] == [5]
    assert store.versions_of_cell("e", str(notebook)) == []
    store.close()
    reopened = open_store(path)
    assert reopened.versions_of_cell("d", str(copy)) == []
    notebook.rename(tmp_path / "now.ipynb")
    assert [row.id for row in reopened.versions_of_cell("d", str(tmp_path / "now.ipynb"))] == [2]
    reopened.close()
