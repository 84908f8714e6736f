"""How many versions of a prompt were judged by the same rows, in one session."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis

__all__ = ["RowUses", "reuse_notice"]

_FEW = 2
"""Versions that the same rows may judge before it is said."""


class RowUses:
    """Remembers which cells were checked on which rows, by digests of both."""

    def __init__(self) -> None:
        self._cells: dict[bytes, set[bytes]] = {}

    def add(self, axes: Sequence[Axis], cell: str) -> int:
        """Note that a cell is checked on the rows among some axes.

        Returns:
            How many different cells were checked on these rows, this one included; 0 without rows.
        """
        rows = next((axis.values for axis in axes if axis.kind == "row"), None)
        if rows is None:
            return 0
        cells = self._cells.setdefault(_digest(repr(rows)), set())
        cells.add(_digest(cell))
        return len(cells)


def reuse_notice(versions: int) -> str | None:
    """Say that rows were used for several versions; None for few of them."""
    if versions <= _FEW:
        return None
    return f"these rows have been used for {versions} versions: judge the last on rows not used"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
