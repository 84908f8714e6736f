"""The client that runs a cell: whether a person uses it, and what it does with outputs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

__all__ = ["Client", "DisplayKind", "client_of", "display_kind"]

DisplayKind: TypeAlias = Literal["updated", "printed", "final"]
"""How an answer is shown: as one output that is updated, as text on stdout, or at its end only."""

_JUPYTER_CLIENT_SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{24}")
"""Consoles are written in Python on jupyter_client; clients in JavaScript send UUIDs."""
_VOILA = "voila/"


@dataclass(frozen=True, kw_only=True)
class Client:
    """What is known of the client that runs a cell."""

    is_watched: bool = True
    """Whether a person uses it, not a program that executes the notebook."""
    is_executor: bool = False
    """Whether it runs cell by cell and receives no output of a cell after that has ended."""
    is_plain: bool = False
    """Whether it ignores updates of an output: `jupyter console`, qtconsole, Spyder."""


def client_of(shell: Any) -> Client:
    """Return the client whose request a shell is running; a person's where there is none.

    Programs that execute notebooks accept no input. Voila is one, and a person uses its page.
    """
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    if not request.get("content", {}).get("allow_stdin", True):
        is_voila = os.environ.get("SERVER_SOFTWARE", "").startswith(_VOILA)
        return Client(is_watched=is_voila, is_executor=True)
    session = request.get("header", {}).get("session")
    is_python = isinstance(session, str) and _JUPYTER_CLIENT_SESSION.fullmatch(session)
    has_cell = bool(request.get("metadata", {}).get("cellId"))
    return Client(is_plain=bool(is_python) and not has_cell)


def display_kind(client: Client, updates: str = "auto") -> DisplayKind:
    """Return how an answer is shown.

    Args:
        client: The client.
        updates: The setting of this name: `on` and `off` say whether outputs are updated.
    """
    if updates == "on":
        return "updated"
    if not client.is_watched:
        return "final"
    return "printed" if client.is_plain or updates == "off" else "updated"
