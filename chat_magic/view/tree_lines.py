"""A tree of answers as indented lines, the same in HTML and text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.view.excerpt import one_line
from chat_magic.view.summary import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.answer_tree import Node


@dataclass(frozen=True, kw_only=True)
class TreeLine:
    """A node of a tree as one line."""

    indent: str
    """The lines that lead to it, in box-drawing characters."""
    token: str
    """The token at the divergence; empty for the root."""
    rest: str
    """The text that follows, up to the next divergence."""
    facts: str
    """How many answers contain it, and its model probability."""


def tree_lines(tree: Sequence[Node], titles: Sequence[str], most: int = 60) -> list[TreeLine]:
    """Draw a tree as lines, each node before its children.

    Args:
        tree: The nodes.
        titles: One for each answer of the run.
        most: Number of characters of a text to show.
    """
    children: dict[int, list[int]] = {}
    for position, node in enumerate(tree):
        children.setdefault(node.parent, []).append(position)
    lines = [_root_line(tree[0], most)] if tree else []
    waiting = [(position, "") for position in reversed(children.get(0, []))]
    while waiting:
        position, indent = waiting.pop()
        node = tree[position]
        is_last = position == children[node.parent][-1]
        below = children.get(position, [])
        ending = [titles[answer] for answer in node.answers] if not below else []
        lines.append(_node_line(node, indent + ("└ " if is_last else "├ "), ending, most))
        waiting += [(child, indent + ("  " if is_last else "│ ")) for child in reversed(below)]
    return lines


def _root_line(root: Node, most: int) -> TreeLine:
    text = root.text if len(root.text) <= most else f"…{root.text[-most:]}"
    return TreeLine(indent="", token="", rest=one_line(text), facts=f"all {root.count}")


def _node_line(node: Node, indent: str, titles: Sequence[str], most: int) -> TreeLine:
    facts = [f"{node.count}/{node.among}"]
    if node.model_prob is not None:
        facts.append(f"model {percent(node.model_prob)}")
    rest = one_line(node.text[node.token_chars :])
    return TreeLine(
        indent=indent,
        token=one_line(node.text[: node.token_chars]).strip() or ("␣" if node.text else "(end)"),
        rest=rest if len(rest) <= most else f"{rest[:most]}…",
        facts=" · ".join(facts) + (f" → {', '.join(titles)}" if titles else ""),
    )
