"""How many versions of a prompt were judged by the same rows: by the history and this session."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chat_magic.store.execution import RowUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.engine.history_recorder import HistoryRecorder

__all__ = ["RowUses", "reuse_notice", "row_use_of"]

_FEW = 2
"""Versions that the same rows may judge before it is said."""


def row_use_of(axes: Sequence[Axis], cell: str) -> RowUse | None:
    """Return what tells the rows among some axes, and the version that a cell is, from others.

    A version is the text of the cell with the prompts that it names, so that one which changes in
    another cell is another version. None without rows.
    """
    rows = next((axis.values for axis in axes if axis.kind == "row"), None)
    if rows is None:
        return None
    prompts = [axis.values for axis in axes if axis.kind == "prompt"]
    return RowUse(rows=_digest(repr(rows)), version=_digest(repr((cell, prompts))))


class RowUses:
    """Counts the versions that were checked on the same rows.

    Args:
        history: Knows those of the executions that are kept, in every session.
    """

    def __init__(self, history: HistoryRecorder) -> None:
        self._history = history
        self._not_kept: dict[bytes, set[bytes]] = {}

    def add(self, use: RowUse, keep: bool | None = None) -> int:
        """Note that a version is checked on rows.

        Args:
            use: The rows and the version.
            keep: Whether its execution is kept in the history; None where the setting decides.

        Returns:
            How many different versions were checked on these rows, this one included: those in the
            history, and of those that are not kept there, this session's.
        """
        not_kept = self._not_kept.setdefault(use.rows, set())
        if not self._history.is_kept(keep):
            not_kept.add(use.version)
        return len({use.version} | not_kept | self._history.versions_on(use.rows))


def reuse_notice(versions: int) -> str | None:
    """Say that rows were used for several versions; None for few of them."""
    if versions <= _FEW:
        return None
    return f"these rows have been used for {versions} versions: judge the last on rows not used"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
