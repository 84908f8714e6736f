"""Where texts part, as a trie over their UTF-8 bytes: what the table and the tree of ways read."""

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
from chat_magic.analysis.diff import units
from chat_magic.analysis.metrics import wilson
from chat_magic.core.reply.tokens import probability, token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.columns import Columns
    from chat_magic.analysis.frames import Data
    from chat_magic.core.reply.reply import TokenLogprob


@dataclass(frozen=True, kw_only=True)
class BranchStats:
    """How often a way was taken by those who came to a parting, and how probable it was held."""

    count: int
    among: int
    """How many came to the parting."""
    share: float
    """count / among."""
    wilson_low: float
    wilson_high: float
    """The share's 95 % interval (Wilson 1927)."""
    model_prob: float | None
    """The mean of the probabilities reported for it by those who came; None where none was."""
    model_prob_min: float | None
    model_prob_max: float | None


@dataclass(frozen=True)
class Text:
    """What one choice said, and where its tokens stand in it."""

    run: int
    place: int
    """Of the choice in its reply."""
    index: int
    """The choice's own."""
    data: bytes
    tokens: Sequence[TokenLogprob]
    """Those that stand in the text, in its order."""
    start: list[int]
    end: list[int]
    """Of each token, in bytes."""
    logprob: list[float]
    """Of each token, in nats; NaN where none was measured."""

    @property
    def cuts(self) -> list[tuple[int, int]]:
        """Where its tokens start and end, but for those without any bytes in it."""
        return [cut for cut in zip(self.start, self.end, strict=True) if cut[0] < cut[1]]

    @property
    def pieces(self) -> list[str]:
        """Its text cut at its tokens, where they end between two code points."""
        places = {0, len(self.data), *self.start, *self.end}
        edges = sorted({_code_point_end(self.data, place) for place in places})
        return [self.data[one:other].decode() for one, other in pairwise(edges)]

    def token_at(self, byte: int) -> tuple[int, int]:
        """Return start and end of the token that holds a byte, else of that byte alone.

        Where none of its tokens came, a text's words stand for them.
        """
        which = bisect_right(self.end, byte)
        if which < len(self.end) and self.start[which] <= byte:
            return self.start[which], self.end[which]
        word = bisect_right(self._words, byte)
        if not self.tokens and word < len(self._words):
            return self._words[word - 1], self._words[word]
        return byte, min(byte + 1, len(self.data))

    @cached_property
    def _words(self) -> list[int]:
        """Where its words begin and end, in bytes."""
        sizes = (len(word.encode()) for word in units(self.data.decode(), "word"))
        return [0, *accumulate(sizes)]

    def alternatives_at(self, start: int) -> dict[bytes, float]:
        """Return the probability of each token that could have come at a place, by its bytes.

        Nothing where no token of the text begins there. That of the token that came is its own,
        whatever the list of alternatives says.
        """
        found: dict[bytes, float] = {}
        which = bisect_right(self.start, start) - 1
        if which < 0 or not self.start[which] == start < self.end[which]:
            return found
        token = self.tokens[which]
        for each in (token, *(token.top_logprobs or ())):
            prob = probability(each.logprob)
            data = token_bytes(each.token, bytes(each.raw_bytes))
            if prob is not None and data:
                found.setdefault(data, prob)
        return found

    def probs_at(self, start: int, way: bytes) -> dict[bytes, float]:
        """Return the reported probabilities of going on from a place, by the bytes.

        Args:
            start: The place.
            way: The bytes that it did go on with; theirs is the product over its tokens.
        """
        found = self.alternatives_at(start)
        stop = start + len(way)
        own = range(bisect_left(self.start, start), bisect_left(self.start, stop))
        joint = sum(self.logprob[token] for token in own)
        if own and self._tiled(own, start, stop) and not math.isnan(joint):
            found[way] = math.exp(joint)
        return found

    def _tiled(self, tokens: range, start: int, stop: int) -> bool:
        """Say whether tokens fill a stretch of the text without a gap."""
        return (
            self.start[tokens[0]] == start
            and self.end[tokens[-1]] == stop
            and all(self.end[one] == self.start[other] for one, other in pairwise(tokens))
        )


@dataclass(frozen=True)
class Branch:
    """One way on from a parting."""

    token: bytes
    """What it begins with: whole code points, the longest of its texts' tokens there."""
    texts: list[Text]
    """Those that took it."""
    probs: list[float]
    """What each of those who came to the parting reported for it, where one did."""


@dataclass(frozen=True)
class Divergence:
    """A place at which texts that were the same so far go on differently."""

    parent: int
    """The way that leads here: its number among those of all partings, -1 for the beginning."""
    depth: int
    """How many partings lie before it."""
    start: int
    """Where the tokens begin that differ, in bytes; between two code points."""
    ends: list[int]
    """Where each text's own token ends; between two code points."""
    ways: list[Branch]
    """The most frequent first."""

    @property
    def among(self) -> int:
        """How many texts come here."""
        return len(self.ends)


def answer_texts(columns: Columns) -> Iterator[Text]:
    """Yield what each choice said: its content, or its refusal."""
    pieces, slices = columns.pieces, columns.slices
    seen: defaultdict[int, int] = defaultdict(int)
    for answer in columns.answers:
        part = columns.parts[answer]
        spans = align(pieces[answer], part.text)
        inside = np.flatnonzero(spans.byte_start >= 0)
        yield Text(
            run=part.run,
            place=seen[part.run],
            index=part.choice.index,
            data=well_formed(part.text).encode(),
            tokens=[part.tokens[position] for position in inside],
            start=spans.byte_start[inside].tolist(),
            end=spans.byte_end[inside].tolist(),
            logprob=columns.tokens.logprob[slices[answer]][inside].tolist(),
        )
        seen[part.run] += 1


def partings(texts: Sequence[Text]) -> list[Divergence]:
    """Return where texts part, each place before those further down.

    Two ways to cut the same text into tokens are one way: texts part at a token, the first in any
    of them that holds a byte in which they differ, but not within the token of the parting
    before. Whoever goes on with the bytes of a longer way goes that way, however its own tokens
    are cut.
    """
    found: list[Divergence] = []
    waiting = [(texts, -1, 0, 0)]
    for group, parent, depth, after in waiting:
        if len({text.data for text in group}) > 1:
            parting = _part(group, parent, depth, after)
            waiting += [
                (way.texts, number, depth + 1, parting.start + len(way.token))
                for number, way in enumerate(parting.ways, len(waiting) - 1)
            ]
            found.append(parting)
    return found


def first_parting(texts: Sequence[Text]) -> Divergence | None:
    """Return where texts part first, also such as are of several runs; None where they do not."""
    return _part(texts, -1, 0, 0) if len({text.data for text in texts}) > 1 else None


def _part(group: Sequence[Text], parent: int, depth: int, after: int) -> Divergence:
    byte = common_prefix([text.data for text in group])
    tokens = [text.token_at(byte) for text in group]
    start = _code_point(group[0].data, min([byte, *(first for first, _ in tokens)]))
    start = max(start, after)
    ends = [_code_point_end(text.data, end) for text, (_, end) in zip(group, tokens, strict=True)]
    return Divergence(parent, depth, start, ends, _ways(group, start, ends))


def _ways(group: Sequence[Text], start: int, ends: list[int]) -> list[Branch]:
    own = {text.data[start:end] for text, end in zip(group, ends, strict=True)}
    longest = sorted(own, key=len, reverse=True)
    members: dict[bytes, list[Text]] = {}
    reported = []
    for text in group:
        token = next(token for token in longest if text.data.startswith(token, start))
        members.setdefault(token, []).append(text)
        reported.append(text.probs_at(start, token))
    ways = [
        Branch(token, texts, [probs[token] for probs in reported if token in probs])
        for token, texts in members.items()
    ]
    return sorted(ways, key=lambda way: -len(way.texts))


def _code_point(data: bytes, place: int) -> int:
    """Return where the code point begins that holds a byte."""
    while 0 < place < len(data) and data[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _code_point_end(data: bytes, place: int) -> int:
    """Return where the code point ends that a place lies in."""
    while place < len(data) and data[place] & 0xC0 == 0x80:
        place += 1
    return place


def measured(count: Sequence[int], among: Sequence[int], probs: Sequence[list[float]]) -> Data:
    """Return the columns of `BranchStats` of n branches, arrays of shape (n,).

    Args:
        count: How often each was taken.
        among: By how many, at least 1.
        probs: What was reported for each.
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


def branch_stats(ways: Sequence[tuple[int, int, list[float]]]) -> list[dict[str, Any]]:
    """Return the fields of `BranchStats` for each (count, among, probs)."""
    columns = measured(*zip(*ways, strict=True)) if ways else {}
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {
            name: None if math.isnan(value) else value
            for name, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]
