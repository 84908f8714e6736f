"""Rows of plain text whose cells line up."""

from __future__ import annotations

from chat_magic.view.text.aligned_rows import aligned_rows


def test_cells_line_up_without_blanks_at_the_ends_of_lines():
    """Each column is as wide as its longest cell; there may be no rows."""
    assert aligned_rows([("a", "bc", ""), ("def", "g", "h")]) == ["a    bc", "def  g   h"]
    assert aligned_rows([]) == []
