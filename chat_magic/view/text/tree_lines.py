"""A tree of answers as indented lines, which HTML and text draw alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.view.comparison_model import one_line
from chat_magic.view.summary import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.answer_tree import Node


@dataclass(frozen=True, kw_only=True)
class TreeLine:
    """A node of a tree as one line."""

    lines: str
    """What leads to it, in box-drawing characters."""
    token: str
    """What it went on with; empty for the root, and where the text ended."""
    rest: str
    """What follows up to the next parting."""
    facts: str
    """How many went this way, and how probable the model held it."""


def branches(tree: Sequence[Node], titles: Sequence[str], most: int = 60) -> list[TreeLine]:
    """Draw a tree as lines, each node before its children.

    Args:
        tree: The nodes.
        titles: Of the answers of its run.
        most: Characters of a text to show.
    """
    children: dict[int, list[int]] = {}
    for place, node in enumerate(tree):
        children.setdefault(node.parent, []).append(place)
    drawn = [_root(tree[0], most)] if tree else []
    waiting = [(place, "") for place in reversed(children.get(0, []))]
    while waiting:
        place, above = waiting.pop()
        node = tree[place]
        is_last = place == children[node.parent][-1]
        below = children.get(place, [])
        own = [titles[answer] for answer in node.answers] if not below else []
        drawn.append(_branch(node, above + ("└ " if is_last else "├ "), own, most))
        waiting += [(child, above + ("  " if is_last else "│ ")) for child in reversed(below)]
    return drawn


def _root(root: Node, most: int) -> TreeLine:
    text = root.text if len(root.text) <= most else f"…{root.text[-most:]}"
    return TreeLine(lines="", token="", rest=one_line(text), facts=f"all {root.count}")


def _branch(node: Node, lines: str, titles: Sequence[str], most: int) -> TreeLine:
    facts = [f"{node.count}/{node.among}"]
    if node.model_prob is not None:
        facts.append(f"model {percent(node.model_prob)} %")
    rest = one_line(node.text[node.token_chars :])
    return TreeLine(
        lines=lines,
        token=one_line(node.text[: node.token_chars]).strip() or ("␣" if node.text else "(end)"),
        rest=rest if len(rest) <= most else f"{rest[:most]}…",
        facts=" · ".join(facts) + (f" → {', '.join(titles)}" if titles else ""),
    )
