"""The tree of a distribution as it is drawn: few nodes, and in each what was not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.analysis.answer_search import AnswerSearch

__all__ = [
    "DistributionNode",
    "TreeRow",
    "distribution_tree",
    "summary_of_distribution",
    "tree_rows",
]

Ending = Literal["", "end", "cut", "open"]

_LEAST = 0.01
"""The probability from which on a node is drawn."""
_ALONE = 0.97
"""The share of a node's probability from which on its only child is drawn in one with it."""
_DEEPEST = 12
"""Nodes that are drawn below each other at most."""


@dataclass(frozen=True, kw_only=True)
class DistributionNode:
    """A text, and what may follow it."""

    node: int
    """The number of the node at its end, from which the search goes on."""
    text: str
    """What it adds to the text before it."""
    prob: float
    """Of the whole text, 0 to 1."""
    ending: Ending = ""
    """Whether the answer ends here, is cut here, or was not followed from here."""
    children: tuple[DistributionNode, ...] = ()
    """The likeliest first."""
    others: float = 0.0
    """The probability of answers in it that are not drawn."""
    unseen: float = 0.0
    """The probability in it that was not followed, and is not in a child that is drawn."""


def distribution_tree(search: AnswerSearch, least: float = _LEAST) -> DistributionNode:
    """Return what is drawn of a search.

    Args:
        search: The search.
        least: The probability from which on a node is drawn.
    """
    return _Drawing(search, least).node(0, 0)


class _Drawing:
    """What is drawn of one search."""

    def __init__(self, search: AnswerSearch, least: float) -> None:
        self._nodes = search.nodes
        self._unseen = search.unseen_below()
        self._least = least

    def node(self, number: int, depth: int) -> DistributionNode:
        """Return a node with those that are drawn below it."""
        content, number = self._together(number)
        node = self._nodes[number]
        below = self._drawn(number) if depth < _DEEPEST else []
        drawn = tuple(self.node(child, depth + 1) for child in below)
        rest = node.prob - sum(child.prob for child in drawn)
        unseen = self._unseen[number] - sum(self._unseen[child.node] for child in drawn)
        is_leaf = not node.children
        return DistributionNode(
            node=number,
            text=content.decode(errors="replace"),
            prob=node.prob,
            ending=_ending(node.state) if is_leaf else "",
            children=drawn,
            others=0.0 if is_leaf else max(0.0, rest - unseen),
            unseen=0.0 if is_leaf else max(0.0, unseen),
        )

    def _together(self, number: int) -> tuple[bytes, int]:
        """Return the bytes of a node and of those that all but follow, and the last of these."""
        content = b"" if self._nodes[number].token.is_end else self._nodes[number].token.content
        while number and (children := self._nodes[number].children):
            likeliest = self._nodes[children[0]]
            is_alone = likeliest.prob >= _ALONE * self._nodes[number].prob
            if not is_alone or likeliest.token.is_end:
                break
            content += likeliest.token.content
            number = children[0]
        return content, number

    def _drawn(self, number: int) -> list[int]:
        children = self._nodes[number].children
        return [child for child in children if self._nodes[child].prob >= self._least]


def _ending(state: str) -> Ending:
    endings: dict[str, Ending] = {"complete": "end", "cut": "cut"}
    return endings.get(state, "open")


@dataclass(frozen=True, kw_only=True)
class TreeRow:
    """A line of the tree."""

    indent: str
    """The lines that lead to it, in box-drawing characters."""
    text: str
    prob: float
    kind: Literal["text", "end", "cut", "open", "others", "unseen"]


def tree_rows(root: DistributionNode) -> list[TreeRow]:
    """Return a tree as lines, each node before its children, and after these what is left."""
    return list(_rows(root, ""))


def _rows(node: DistributionNode, indent: str) -> Iterator[TreeRow]:
    below: list[DistributionNode | TreeRow] = [*node.children]
    if node.others >= _LEAST / 2:
        below.append(TreeRow(indent="", text="other answers", prob=node.others, kind="others"))
    if node.unseen >= _LEAST / 2:
        below.append(TreeRow(indent="", text="unseen", prob=node.unseen, kind="unseen"))
    for item in below:
        is_last = item is below[-1]
        here, further = indent + ("└ " if is_last else "├ "), indent + ("  " if is_last else "│ ")
        if isinstance(item, TreeRow):
            yield TreeRow(indent=here, text=item.text, prob=item.prob, kind=item.kind)
            continue
        yield TreeRow(indent=here, text=item.text, prob=item.prob, kind=item.ending or "text")
        yield from _rows(item, further)


_SHOWN = 0.005
"""What the answers that a summary counts may leave out, of all that were found."""


def summary_of_distribution(search: AnswerSearch) -> str:
    """Say in one line how many answers hold how much: `7 answers hold 83 %; 17 % unseen`.

    It counts the fewest answers that hold all that was found but half a percent.
    """
    answers = search.answers()
    total, held, count = sum(answer.prob_low for answer in answers), 0.0, 0
    for answer in answers:
        if held >= total - _SHOWN:
            break
        held, count = held + answer.prob_low, count + 1
    low, high = search.bounds(answers[:count])
    bounds = _between(low, high)
    unseen = f"{100 * search.unseen:.0f} % unseen"
    if not count:
        return f"no answer found; {unseen}"
    answers_hold = "1 answer holds" if count == 1 else f"{count} answers hold"
    return f"{answers_hold} {bounds} %; {unseen}"


def _between(low: float, high: float) -> str:
    """Return an interval in percent, its ends rounded outwards."""
    floor, ceiling = int(100 * low + 1e-9), min(100, -int(-(100 * high - 1e-9) // 1))
    return f"{floor}" if floor == ceiling else f"{floor}\N{EN DASH}{ceiling}"
