"""The table of a command as static HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.html.elements import MUTED, SMALL, nowrap, page
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table

if TYPE_CHECKING:
    from chat_magic.view.listing_view import ListingView

_SHORT = 28
"""Characters of a cell that stays in one line."""


def listing_html(view: ListingView) -> str:
    """Draw the number of rows, and the rows."""
    title = f'<div style="{SMALL};{MUTED};margin:4px 0">{escape(view.title)}</div>'
    if not view.rows:
        return page(title)
    titles, *rows = view.rows
    return page(title + table([*map(escape, titles)], [[*map(_cell, row)] for row in rows]))


def _cell(text: str) -> str:
    return nowrap(isolated(text)) if len(text) <= _SHORT else isolated(text)
