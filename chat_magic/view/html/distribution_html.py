"""A distribution as static HTML: an icicle whose heights are probabilities, and its tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.excerpt import one_line
from chat_magic.view.html.elements import MUTED, details, page, status_line
from chat_magic.view.html.escape import escape
from chat_magic.view.text.distribution_text import HATCH, row_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.view.distribution_tree import DistributionNode, TreeRow

__all__ = ["distribution_html"]

_HEIGHT = 300
"""Pixels of a probability of 1."""
_LEAST_HEIGHT = 13
"""Pixels from which on a box is drawn, with a line of text."""
_LINE = 1.15
"""The height of a line of that text, in its font size."""
_WIDTH = 150
"""Pixels of a column."""
_MOST = 18
"""Characters of a text that fit into it, beside the probability."""
_STROKES = 14
"""Hatching that does."""
_BAR = 25
"""Characters of a bar for a probability of 1."""
_BORDER = "1px solid rgba(127,127,127,0.35)"
_FILLS = {"end": "rgba(127,127,127,0.22)", "cut": "rgba(127,127,127,0.12)"}


def distribution_html(
    title: str,
    facts: Sequence[str],
    warnings: Sequence[str],
    root: DistributionNode,
    rows: Sequence[TreeRow],
) -> str:
    """Draw a distribution.

    Args:
        title: The model.
        facts: What is said beside it, the summary first.
        warnings: What is to be known about it.
        root: The tree, for the icicle.
        rows: The same as lines.
    """
    line = status_line(title, facts, warnings)
    icicle = f'<div style="display:flex;overflow-x:auto;font-size:88%">{_children(root)}</div>'
    tree = details("tree", "".join(map(_line, rows)))
    return page(f"{line}{icicle}{tree}")


def _children(node: DistributionNode) -> str:
    """Draw what follows a node as a column of boxes, each as high as it is likely."""
    boxes = [_box(child) for child in node.children if _px(child.prob) >= _LEAST_HEIGHT]
    drawn = sum(child.prob for child in node.children if _px(child.prob) >= _LEAST_HEIGHT)
    rest = node.prob - drawn
    hidden = sum(child.prob for child in node.children) - drawn
    unseen = min(rest, node.unseen)
    for prob, words in ((node.others + hidden, "other answers"), (unseen, "unseen")):
        if node.children and _px(prob) >= 2:
            boxes.append(_left(prob, words))
    return f"<div>{''.join(boxes)}</div>" if boxes else ""


def _box(node: DistributionNode) -> str:
    height = _px(node.prob)
    shown = one_line(node.text)
    shown = shown if len(shown) <= _MOST else f"{shown[:_MOST]}…"
    words = escape(shown) or ("(end)" if node.ending == "end" else "␣")
    label = f'{words} <span style="{MUTED}">{100 * node.prob:.0f}&nbsp;%</span>'
    fill = f"background-color:{_FILLS[node.ending]};" if node.ending in _FILLS else ""
    style = (
        f"box-sizing:border-box;width:{_WIDTH}px;height:{height}px;"
        f"border:{_BORDER};padding:0 4px;line-height:{_LINE};{fill}"
        "white-space:nowrap"
    )
    text = _hatched(height) if node.ending == "open" else ""
    return (
        f'<div style="display:flex;height:{height}px"><div style="{style}">{label}{text}</div>'
        f"{_children(node)}</div>"
    )


def _left(prob: float, words: str) -> str:
    """Draw what is left of a node: hatched if it was not seen."""
    height = _px(prob)
    style = (
        f"box-sizing:border-box;width:{_WIDTH}px;height:{height}px;{MUTED};"
        f"border:{_BORDER};padding:0 4px;line-height:{_LINE};white-space:nowrap"
    )
    label = f"{words} {100 * prob:.0f}&nbsp;%" if height >= _LEAST_HEIGHT else ""
    text = _hatched(height) if words == "unseen" else ""
    return f'<div style="{style}">{label}{text}</div>'


def _hatched(height: int) -> str:
    """Return lines of strokes, one for each line of text in a box below the first."""
    lines = max(height // _LEAST_HEIGHT - 1, 0)
    return (
        f'<div style="{MUTED};letter-spacing:2px">{"<br>".join([HATCH * _STROKES] * lines)}</div>'
    )


def _line(row: TreeRow) -> str:
    bar = (HATCH if row.kind in ("unseen", "open") else "█") * max(round(_BAR * row.prob), 1)
    text = f"{100 * row.prob:5.1f} % {row.indent}{row_words(row)} "
    style = "font-size:88%;white-space:pre;font-family:monospace;line-height:1.3"
    return f'<div style="{style}">{escape(text)}<span style="{MUTED}">{bar}</span></div>'


def _px(prob: float) -> int:
    return round(_HEIGHT * prob)
