"""Best-first search through the answers that a model can give, by the probabilities of tokens.

The probability of a sequence of tokens is the product of its tokens' own, and those of all children
of a node add up to its own. Extending the likeliest sequence that has not ended leaves the least
unseen. The search asks nobody itself: `best` says what to ask, `extend` takes the answer.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["AnswerSearch", "FoundAnswer", "NextToken", "SearchNode"]

State = Literal["open", "extended", "complete", "cut"]
"""Whether a node may be extended, was, is an answer that has ended, or one that is cut at the most
tokens that are looked at."""


class NextToken(NamedTuple):
    """A token that may follow a sequence."""

    id: int
    content: bytes
    """Its bytes; those of an end token do not count."""
    prob: float
    """Its probability after the sequence, 0 to 1."""
    is_end: bool = False
    """Whether it ends the answer."""
    text: str = ""
    """Its text, as the server wrote it."""


@dataclass
class SearchNode:
    """A sequence of tokens: one more than its parent's."""

    parent: int
    """The number of the node before it; -1 for the root."""
    token: NextToken
    content: bytes
    """The bytes of the whole sequence."""
    prob: float
    """Of the whole sequence, 0 to 1."""
    n_tokens: int
    """Of the answer so far, end token excluded."""
    state: State = "open"
    children: list[int] = field(default_factory=list)
    """Their numbers, the likeliest first."""
    unlisted: float = 0.0
    """The probability of what was not listed when it was extended, times that of the sequence."""


@dataclass(frozen=True, kw_only=True)
class FoundAnswer:
    """An answer, whichever tokens it was found by."""

    content: bytes
    """Its text in UTF-8; a cut one may end inside a character."""
    prob_low: float
    """The sum over its token sequences that were found, 0 to 1."""
    prob_high: float
    """That, and all that was not seen and may be this answer by other tokens."""
    n_tokens: int
    """Of its likeliest sequence, end token excluded."""
    is_complete: bool
    """Whether it has ended; if not, it is the beginning of longer ones."""
    node: int
    """The number of the node at the end of its likeliest sequence."""

    @property
    def text(self) -> str:
        """Its text; bytes that are part of a character become U+FFFD."""
        return self.content.decode(errors="replace")


_ROOT = NextToken(-1, b"", 1.0)


class AnswerSearch:
    """A tree of token sequences with their probabilities.

    Args:
        max_tokens: The most tokens of an answer; a longer one is cut there.
    """

    def __init__(self, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.nodes: list[SearchNode] = [SearchNode(-1, _ROOT, b"", 1.0, 0)]
        """All nodes, the root first, parents before children."""
        self._open: list[tuple[float, int]] = [(-1.0, 0)]
        self._covered = 0.0

    @property
    def covered(self) -> float:
        """The sum of the probabilities of all answers that were found."""
        return self._covered

    @property
    def unseen(self) -> float:
        """The probability of all that was not found, 0 to 1."""
        return max(0.0, 1.0 - self._covered)

    def best(self, count: int = 1, below: int = 0) -> list[int]:
        """Return the likeliest nodes that can be extended, the likeliest first.

        Args:
            count: How many at most.
            below: The node whose continuations are looked for; 0 for all.
        """
        if below:
            inside = [node for node in self._below(below) if self.nodes[node].state == "open"]
            return heapq.nlargest(count, inside, key=lambda node: self.nodes[node].prob)
        found: list[tuple[float, int]] = []
        while self._open and len(found) < count:
            item = heapq.heappop(self._open)
            if self.nodes[item[1]].state == "open":
                found.append(item)
        for item in found:
            heapq.heappush(self._open, item)
        return [node for _, node in found]

    def path(self, node: int) -> list[int]:
        """Return the nodes that lead to a node, itself the last, without the root."""
        path: list[int] = []
        while node > 0:
            path.append(node)
            node = self.nodes[node].parent
        return path[::-1]

    def prefix(self, node: int) -> list[NextToken]:
        """Return the tokens of a node's sequence, in order."""
        return [self.nodes[number].token for number in self.path(node)]

    def extend(self, node: int, alternatives: Iterable[NextToken]) -> None:
        """Add what may follow a node; what the alternatives do not add up to stays unseen.

        Args:
            node: A node that is open.
            alternatives: Distinct tokens, with their probabilities after its sequence.
        """
        parent = self.nodes[node]
        parent.state = "extended"
        total = 0.0
        for token in sorted(alternatives, key=lambda token: -token.prob):
            total += token.prob
            self._add(node, token)
        parent.unlisted = parent.prob * max(0.0, 1.0 - total)

    def steps(self) -> list[tuple[int, list[NextToken]]]:
        """Return each node that was extended, with its alternatives: `extend` repeats them."""
        extended = [n for n, node in enumerate(self.nodes) if node.state == "extended"]
        extended.sort(key=lambda number: self.nodes[number].children[:1] or [len(self.nodes)])
        return [
            (number, [self.nodes[child].token for child in self.nodes[number].children])
            for number in extended
        ]

    def answers(self) -> list[FoundAnswer]:
        """Return the answers that were found, the likeliest first."""
        sequences: dict[tuple[bytes, bool], list[int]] = defaultdict(list)
        for number, node in enumerate(self.nodes):
            if node.state in ("complete", "cut"):
                sequences[node.content, node.state == "complete"].append(number)
        elsewhere = self._mass_by_content()
        found = [
            self._answer(content, is_complete, numbers, elsewhere)
            for (content, is_complete), numbers in sequences.items()
        ]
        return sorted(found, key=lambda answer: (-answer.prob_low, answer.content))

    def bounds(self, answers: Sequence[FoundAnswer]) -> tuple[float, float]:
        """Return between which values the probability of some answers together lies, 0 to 1."""
        low = math.fsum(answer.prob_low for answer in answers)
        prefixes = {start for answer in answers for start in _prefixes(answer.content)}
        elsewhere = self._mass_by_content()
        high = low + math.fsum(elsewhere.get(start, 0.0) for start in prefixes)
        return min(low, 1.0), min(high, 1.0)

    def unseen_below(self) -> list[float]:
        """Return for each node the probability inside it that is not of an answer, by number."""
        unseen = [node.prob if node.state == "open" else node.unlisted for node in self.nodes]
        for number in range(len(self.nodes) - 1, 0, -1):
            unseen[self.nodes[number].parent] += unseen[number]
        return unseen

    def _add(self, parent: int, token: NextToken) -> None:
        above = self.nodes[parent]
        prob = above.prob * token.prob
        n_tokens = above.n_tokens + (not token.is_end)
        number = len(self.nodes)
        state: State = "open"
        if token.is_end or n_tokens >= self.max_tokens:
            state = "complete" if token.is_end else "cut"
            self._covered += prob
        else:
            heapq.heappush(self._open, (-prob, number))
        content = above.content if token.is_end else above.content + token.content
        self.nodes.append(SearchNode(parent, token, content, prob, n_tokens, state))
        above.children.append(number)

    def _answer(
        self,
        content: bytes,
        is_complete: bool,
        numbers: Sequence[int],
        elsewhere: Mapping[bytes, float],
    ) -> FoundAnswer:
        likeliest = max(numbers, key=lambda number: self.nodes[number].prob)
        low = math.fsum(self.nodes[number].prob for number in numbers)
        more = math.fsum(elsewhere.get(start, 0.0) for start in _prefixes(content))
        return FoundAnswer(
            content=content,
            prob_low=min(low, 1.0),
            prob_high=min(low + more, 1.0),
            n_tokens=self.nodes[likeliest].n_tokens,
            is_complete=is_complete,
            node=likeliest,
        )

    def _mass_by_content(self) -> dict[bytes, float]:
        """Return the probability that was not followed, by the bytes after which it was left."""
        mass: dict[bytes, float] = defaultdict(float)
        for node in self.nodes:
            left = node.prob if node.state == "open" else node.unlisted
            if left > 0.0:
                mass[node.content] += left
        return mass

    def _below(self, node: int) -> Iterator[int]:
        waiting = [node]
        while waiting:
            number = waiting.pop()
            yield number
            waiting += self.nodes[number].children


def _prefixes(content: bytes) -> Iterator[bytes]:
    """Yield the beginnings of some bytes, from none of them to all."""
    for end in range(len(content) + 1):
        yield content[:end]
