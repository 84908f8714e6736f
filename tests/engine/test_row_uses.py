"""How many versions of a prompt were judged by the same rows."""

from __future__ import annotations

import pytest

from chat_magic.engine.row_uses import RowUses, reuse_notice
from tests.results.checked import rows_of

ROWS = rows_of([{"text": "a", "label": "x"}])


def test_different_cells_on_the_same_rows_are_counted():
    """A cell that runs again is the same one; other rows count anew."""
    uses = RowUses()
    assert [uses.add([ROWS], cell) for cell in ("one", "two", "one", "three")] == [1, 2, 2, 3]
    assert uses.add([rows_of([{"text": "b", "label": "x"}])], "one") == 1
    assert uses.add([], "one") == 0
    assert uses.add([ROWS], "\ud800") == 4


@pytest.mark.parametrize("versions", [0, 1, 2])
def test_two_versions_on_the_same_rows_are_not_worth_a_word(versions):
    """There is little to choose from."""
    assert reuse_notice(versions) is None


def test_from_the_third_version_on_it_is_said():
    """The best of many looks better than it is."""
    assert reuse_notice(6) == (
        "these rows have been used for 6 versions: judge the last on rows not used"
    )
