"""A distribution as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.excerpt import one_line
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.view.distribution_tree import TreeRow

__all__ = ["HATCH", "distribution_text", "row_words"]

HATCH = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
"""What unseen probability is drawn with."""
_WIDTH = 30
"""Characters of a bar for a probability of 1."""
_MOST = 60
"""Characters of a text that are shown."""


def distribution_text(facts: Sequence[str], rows: Sequence[TreeRow]) -> str:
    """Draw a distribution: a line of facts, and a line with a bar for each row of its tree."""
    lines = [" · ".join(facts)]
    for row in rows:
        bar = (HATCH if row.kind in ("unseen", "open") else "█") * round(_WIDTH * row.prob)
        lines.append(f"{100 * row.prob:5.1f} % {row.indent}{row_words(row)} {bar}".rstrip())
    return terminal_safe("\n".join(lines))


def row_words(row: TreeRow) -> str:
    """Return what a row says besides its probability."""
    words = one_line(row.text)
    words = words if len(words) <= _MOST else f"{words[:_MOST]}…"
    match row.kind:
        case "end":
            return words or "(end)"
        case "cut":
            return f"{words}… (cut)"
        case "open":
            return f"{words} …"
        case "text":
            return words or "␣"
    return f"({words})"
