"""Which cell of which notebook is running, as the front end tells."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from chat_magic.core.reply.history_row import SESSION_MARK
from chat_magic.engine.history_recorder import CellPlace
from chat_magic.shell.client import client_of

__all__ = ["cell_place"]

_VSCODE = "vscode-notebook-cell"
_NOTEBOOKS = (".ipynb", ".py", ".md", ".qmd")
"""Suffixes of what `JPY_SESSION_NAME` names where it names a notebook."""


def cell_place(shell: Any) -> CellPlace:
    """Return the cell that a shell is running.

    JupyterLab, Notebook 7 and VS Code send the cell's id with it; a notebook's path is that in
    VS Code's id, else that of the start of the kernel, which a rename does not change.
    """
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    content = request.get("content", {})
    sent = request.get("metadata", {}).get("cellId")
    notebook, cell_id = _read_id(sent) if isinstance(sent, str) else (None, None)
    return CellPlace(
        notebook=notebook or _started_as(shell),
        cell_id=cell_id,
        source=content.get("code"),
        run=request.get("header", {}).get("msg_id"),
        is_watched=client_of(shell).is_watched,
    )


def _read_id(sent: str) -> tuple[str | None, str | None]:
    """Return the path in a cell's id, if it has one, and the id itself."""
    parts = urlsplit(sent)
    if parts.scheme != _VSCODE:
        return None, sent or None
    cell_id = f"{SESSION_MARK}{parts.fragment}" if parts.fragment else None
    return unquote(parts.path) or None, cell_id


def _started_as(shell: Any) -> str | None:
    named = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    return named if isinstance(named, str) and named.endswith(_NOTEBOOKS) else None
