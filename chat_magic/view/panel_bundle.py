"""The panel where widgets are not available: the cell that it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.html.elements import EXACT, LINE, page, status_line
from chat_magic.view.html.escape import escape
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Sequence


def static_panel(model: str, settings: Sequence[str], cell: str) -> dict[str, str]:
    """Draw a panel as static HTML and as text.

    Args:
        model: The model of its request.
        settings: Its settings, one phrase each.
        cell: The text of the cell that it writes.
    """
    line = status_line(f"panel · {model}", settings or ["no settings"])
    box = (
        f'<div style="font-family:monospace;font-size:90%;{EXACT};padding:8px 14px;'
        f'border:{LINE};border-radius:6px">{escape(cell)}</div>'
    )
    return {
        "text/html": page(line + box),
        "text/plain": terminal_safe(f"panel of the cell\n\n{cell}"),
    }
