"""The texts of a run as a tree of what they share, with how often each way was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.columns import read
from chat_magic.analysis.divergences import BranchStats, answer_texts, branch_stats, partings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.divergences import Text
    from chat_magic.core.reply.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Node(BranchStats):
    """A stretch of text from one parting to the next, or to the end.

    The texts of the nodes from the root to a leaf, joined, are what a choice said: the leaves are
    the choices.
    """

    parent: int
    """Place of the node before it in the tree, -1 for the root."""
    text: str
    """Empty where a text ended at the parting."""
    token_chars: int
    """How many code points of it are the token in which it parted; 0 for the root."""
    answers: tuple[int, ...]
    """Places in the reply of the choices that came through it."""


def trees(replies: Sequence[Reply]) -> list[tuple[Node, ...]]:
    """Return the tree of each run: nodes after their parents, those taken more often first.

    Node 0 is the root: what all choices begin with. Each choice counts with its content, or its
    refusal.

    Args:
        replies: The answers, one a run.

    Returns:
        A tree for each; without nodes where the reply has no choice.
    """
    runs: list[list[Text]] = [[] for _ in replies]
    for text in answer_texts(read(replies, alternatives=False)):
        runs[text.run].append(text)
    return [_tree(texts) if texts else () for texts in runs]


def _tree(texts: list[Text]) -> tuple[Node, ...]:
    found = partings(texts)
    starts = {parting.parent: parting.start for parting in found}
    stretches = [(-1, 0, 0, texts)]
    counts: list[tuple[int, int, list[float]]] = [(len(texts), len(texts), [])]
    for parting in found:
        for way in parting.ways:
            stretches.append((parting.parent + 1, parting.start, len(way.token), way.texts))
            counts.append((len(way.texts), parting.among, way.probs))
    return tuple(
        Node(
            parent=parent,
            text=members[0].data[start : starts.get(way)].decode(),
            token_chars=len(members[0].data[start : start + n_bytes].decode()),
            answers=tuple(text.place for text in members),
            **fields,
        )
        for way, ((parent, start, n_bytes, members), fields) in enumerate(
            zip(stretches, branch_stats(counts), strict=True), -1
        )
    )
