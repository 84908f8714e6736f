"""Where texts diverge: a trie over their UTF-8 bytes, for the table and the tree of branches."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.align import align, common_prefix
from chat_magic.analysis.arrays import integers
from chat_magic.analysis.diff_units import units
from chat_magic.analysis.metrics import wilson
from chat_magic.core.reply.tokens import probability, token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.reply_columns import ReplyColumns
    from chat_magic.analysis.table_columns import Data
    from chat_magic.core.reply.reply import TokenLogprob


@dataclass(frozen=True, kw_only=True)
class BranchStats:
    """How often a branch is taken, and how probable the model says it is."""

    count: int
    """Texts that take it."""
    among: int
    """Texts that reach the divergence."""
    share: float
    """count / among."""
    wilson_low: float
    wilson_high: float
    """The share's 95% interval (Wilson 1927)."""
    model_prob: float | None
    """Mean of the probabilities reported in the texts that reach the divergence, 0 to 1; None if
    none is."""
    model_prob_min: float | None
    model_prob_max: float | None


@dataclass(frozen=True)
class AnswerText:
    """The text of one choice, and the position of its tokens in it."""

    run: int
    position: int
    """Of the choice in its reply, from 0."""
    index: int
    """The choice's `index`, which may differ from its position."""
    data: bytes
    """The text in UTF-8."""
    tokens: Sequence[TokenLogprob]
    """Those that are part of the text, in order."""
    start: list[int]
    end: list[int]
    """Of each token, in bytes."""
    logprob: list[float]
    """Of each token, in nats; NaN if it has none."""

    @property
    def cuts(self) -> list[tuple[int, int]]:
        """Start and end of each token that has bytes in the text."""
        return [cut for cut in zip(self.start, self.end, strict=True) if cut[0] < cut[1]]

    @property
    def pieces(self) -> list[str]:
        """The text cut at the ends of its tokens, each moved to the end of its code point."""
        offsets = {0, len(self.data), *self.start, *self.end}
        edges = sorted({_code_point_end(self.data, offset) for offset in offsets})
        return [self.data[start:end].decode() for start, end in pairwise(edges)]

    def token_at(self, byte: int) -> tuple[int, int]:
        """Return start and end of the token that contains a byte, else of that byte alone.

        The words of a text without tokens stand in for them.
        """
        token = bisect_right(self.end, byte)
        if token < len(self.end) and self.start[token] <= byte:
            return self.start[token], self.end[token]
        word = bisect_right(self._words, byte)
        if not self.tokens and word < len(self._words):
            return self._words[word - 1], self._words[word]
        return byte, min(byte + 1, len(self.data))

    @cached_property
    def _words(self) -> list[int]:
        """Offsets at which its words begin and end, in bytes."""
        sizes = (len(word.encode()) for word in units(self.data.decode(), "word"))
        return [0, *accumulate(sizes)]

    def alternatives_at(self, start: int) -> dict[bytes, float]:
        """Return the probability of each possible token at a byte offset, by the token's bytes.

        Empty if no token of the text begins there. The sampled token's probability is its own,
        whatever the list of alternatives says.
        """
        probs: dict[bytes, float] = {}
        position = bisect_right(self.start, start) - 1
        if position < 0 or not self.start[position] == start < self.end[position]:
            return probs
        sampled = self.tokens[position]
        for token in (sampled, *(sampled.top_logprobs or ())):
            prob = probability(token.logprob)
            data = token_bytes(token.token, bytes(token.raw_bytes))
            if prob is not None and data:
                probs.setdefault(data, prob)
        return probs

    def probs_at(self, start: int, sampled: bytes) -> dict[bytes, float]:
        """Return the reported probabilities of what may follow a byte offset, by its bytes.

        Args:
            start: The offset.
            sampled: The bytes that do follow; their probability is the product over their tokens.
        """
        probs = self.alternatives_at(start)
        stop = start + len(sampled)
        tokens = range(bisect_left(self.start, start), bisect_left(self.start, stop))
        joint = sum(self.logprob[token] for token in tokens)
        if tokens and self._fill(tokens, start, stop) and not math.isnan(joint):
            probs[sampled] = math.exp(joint)
        return probs

    def _fill(self, tokens: range, start: int, stop: int) -> bool:
        """Say whether tokens fill a stretch of the text without a gap."""
        return (
            self.start[tokens[0]] == start
            and self.end[tokens[-1]] == stop
            and all(self.end[token] == self.start[after] for token, after in pairwise(tokens))
        )


@dataclass(frozen=True)
class Branch:
    """One continuation after a divergence."""

    token: bytes
    """What it begins with: the longest of its texts' tokens there, in whole code points."""
    texts: list[AnswerText]
    """Those that take it."""
    probs: list[float]
    """Its probability as reported in each text that reaches the divergence, if it is."""


@dataclass(frozen=True)
class Divergence:
    """A place at which texts with a common prefix continue differently."""

    parent: int
    """The branch that leads here: its number among those of all divergences, -1 for the start."""
    depth: int
    """Number of divergences before it."""
    start: int
    """Where the tokens that differ begin, in bytes; between two code points."""
    ends: list[int]
    """Where that token ends in each text, in bytes; between two code points."""
    branches: list[Branch]
    """The most frequent first."""

    @property
    def among(self) -> int:
        """Texts that reach it."""
        return len(self.ends)


def answer_texts(columns: ReplyColumns) -> Iterator[AnswerText]:
    """Yield the text of each choice: its content, or its refusal."""
    pieces, slices = columns.pieces, columns.slices
    seen: defaultdict[int, int] = defaultdict(int)
    for answer in columns.answers:
        part = columns.parts[answer]
        spans = align(pieces[answer], part.text)
        inside = np.flatnonzero(spans.byte_start >= 0)
        yield AnswerText(
            run=part.run,
            position=seen[part.run],
            index=part.choice.index,
            data=well_formed(part.text).encode(),
            tokens=[part.tokens[position] for position in inside],
            start=spans.byte_start[inside].tolist(),
            end=spans.byte_end[inside].tolist(),
            logprob=columns.tokens.logprob[slices[answer]][inside].tolist(),
        )
        seen[part.run] += 1


def find_divergences(texts: Sequence[AnswerText]) -> list[Divergence]:
    """Return where texts diverge, each place before those that follow it.

    Texts diverge at a token: the first in any of them that contains a byte in which they differ,
    but not within the token of the divergence before. Different tokenizations of the same text
    are one branch: a text belongs to the longest branch that its bytes begin with.
    """
    divergences: list[Divergence] = []
    waiting = [(texts, -1, 0, 0)]
    for group, parent, depth, after in waiting:
        if len({text.data for text in group}) > 1:
            divergence = _divergence(group, parent, depth, after)
            waiting += [
                (branch.texts, number, depth + 1, divergence.start + len(branch.token))
                for number, branch in enumerate(divergence.branches, len(waiting) - 1)
            ]
            divergences.append(divergence)
    return divergences


def first_divergence(texts: Sequence[AnswerText]) -> Divergence | None:
    """Return where texts, of one run or several, first diverge; None if they are equal."""
    return _divergence(texts, -1, 0, 0) if len({text.data for text in texts}) > 1 else None


def _divergence(group: Sequence[AnswerText], parent: int, depth: int, after: int) -> Divergence:
    byte = common_prefix([text.data for text in group])
    tokens = [text.token_at(byte) for text in group]
    start = _code_point_start(group[0].data, min([byte, *(first for first, _ in tokens)]))
    start = max(start, after)
    ends = [_code_point_end(text.data, end) for text, (_, end) in zip(group, tokens, strict=True)]
    return Divergence(parent, depth, start, ends, _branches(group, start, ends))


def _branches(group: Sequence[AnswerText], start: int, ends: list[int]) -> list[Branch]:
    tokens = {text.data[start:end] for text, end in zip(group, ends, strict=True)}
    longest_first = sorted(tokens, key=len, reverse=True)
    members: dict[bytes, list[AnswerText]] = {}
    reported = []
    for text in group:
        token = next(token for token in longest_first if text.data.startswith(token, start))
        members.setdefault(token, []).append(text)
        reported.append(text.probs_at(start, token))
    branches = [
        Branch(token, texts, [probs[token] for probs in reported if token in probs])
        for token, texts in members.items()
    ]
    return sorted(branches, key=lambda branch: -len(branch.texts))


def _code_point_start(data: bytes, offset: int) -> int:
    """Return the start of the code point that contains a byte."""
    while 0 < offset < len(data) and data[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset


def _code_point_end(data: bytes, offset: int) -> int:
    """Return the first offset from the given one on that is not inside a code point."""
    while offset < len(data) and data[offset] & 0xC0 == 0x80:
        offset += 1
    return offset


def branch_columns(
    count: Sequence[int], among: Sequence[int], probs: Sequence[list[float]]
) -> Data:
    """Return the columns of `BranchStats` of n branches, arrays of shape (n,).

    Args:
        count: Texts that take each.
        among: Texts that reach its divergence, at least 1.
        probs: The probabilities reported for each.

    Returns:
        The columns; NaN where no probability is reported.
    """
    counts, all_counts = integers(count), integers(among)
    low, high = wilson(counts, all_counts)
    means = [float(np.mean(row)) if row else math.nan for row in probs]
    return {
        "count": counts.astype(np.int32),
        "among": all_counts.astype(np.int32),
        "share": counts / all_counts,
        "wilson_low": low,
        "wilson_high": high,
        "model_prob": np.array(means, dtype=np.float64),
        "model_prob_min": np.array([min(row, default=math.nan) for row in probs], dtype=np.float64),
        "model_prob_max": np.array([max(row, default=math.nan) for row in probs], dtype=np.float64),
    }


def branch_stats(counts: Sequence[tuple[int, int, list[float]]]) -> list[dict[str, Any]]:
    """Return the fields of `BranchStats` for each (count, among, probs)."""
    columns = branch_columns(*zip(*counts, strict=True)) if counts else {}
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {
            name: None if math.isnan(value) else value
            for name, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]
