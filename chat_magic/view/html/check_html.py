"""Checks in static HTML: pass rates with bars and intervals, comparisons, confusion tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.check_words import versus_words
from chat_magic.view.html.elements import line, page
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from chat_magic.analysis.paired_difference import PairedFigures


def versus_html(a: str, b: str, figures: PairedFigures, unpaired: int) -> str:
    """Draw how two variants compare, in a sentence."""
    return page(line(escape(versus_words(a, b, figures, unpaired))))
