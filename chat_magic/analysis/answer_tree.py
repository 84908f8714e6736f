"""The texts of a run as a tree of common prefixes, with how often each branch is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.divergences import (
    BranchStats,
    answer_texts,
    branch_stats,
    find_divergences,
)
from chat_magic.analysis.reply_columns import read_replies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.divergences import AnswerText
    from chat_magic.core.reply.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Node(BranchStats):
    """A stretch of text from one divergence to the next, or to the end.

    The texts of the nodes from the root to a leaf, joined, are the text of a choice.
    """

    parent: int
    """Position of its parent in the tree, -1 for the root."""
    text: str
    """Empty if a text ends at the divergence."""
    token_chars: int
    """Code points of it that are the token at which it diverged; 0 for the root."""
    answers: tuple[int, ...]
    """Positions in the reply of the choices that pass through it."""


def trees(replies: Sequence[Reply]) -> list[tuple[Node, ...]]:
    """Return the tree of each run: nodes after their parents, more frequent ones first.

    Node 0 is the root: what all choices begin with. The text of a choice is its content, or its
    refusal.

    Args:
        replies: The answers, one a run.

    Returns:
        A tree for each; empty if the reply has no choices.
    """
    runs: list[list[AnswerText]] = [[] for _ in replies]
    for text in answer_texts(read_replies(replies, alternatives=False)):
        runs[text.run].append(text)
    return [_tree(texts) if texts else () for texts in runs]


def _tree(texts: list[AnswerText]) -> tuple[Node, ...]:
    divergences = find_divergences(texts)
    starts = {divergence.parent: divergence.start for divergence in divergences}
    stretches = [(-1, 0, 0, texts)]
    counts: list[tuple[int, int, list[float]]] = [(len(texts), len(texts), [])]
    for divergence in divergences:
        for branch in divergence.branches:
            stretches.append(
                (divergence.parent + 1, divergence.start, len(branch.token), branch.texts)
            )
            counts.append((len(branch.texts), divergence.among, branch.probs))
    return tuple(
        Node(
            parent=parent,
            text=members[0].data[start : starts.get(number)].decode(),
            token_chars=len(members[0].data[start : start + n_bytes].decode()),
            answers=tuple(text.position for text in members),
            **fields,
        )
        for number, ((parent, start, n_bytes, members), fields) in enumerate(
            zip(stretches, branch_stats(counts), strict=True), -1
        )
    )
