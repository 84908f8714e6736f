"""Rows of plain text whose cells line up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["aligned_rows"]


def aligned_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row of cells, two blanks between the columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
