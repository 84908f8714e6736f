"""Where sampled texts part: how often each way was taken, and how probable the model held it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from chat_magic.analysis.align import align, common_prefix
from chat_magic.analysis.arrays import integers, objects
from chat_magic.analysis.frames import strings, table
from chat_magic.analysis.measures import alternative_logprobs
from chat_magic.analysis.metrics import VOCABULARY_SIZE, joint_logprob, wilson
from chat_magic.analysis.tokens import well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from chat_magic.analysis.arrays import Integers
    from chat_magic.analysis.columns import Columns


def branches_table(columns: Columns, *, attrs: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for each way that the texts of a run took where they part.

    The texts of a run are a trie over their UTF-8 bytes: two ways to cut the same text into
    tokens are one way. They part at a token, the first that holds a byte in which they differ.

    Args:
        columns: The tokens of some replies; each choice's content counts, or its refusal.
        attrs: As for `tables.tokens_table`.

    Returns:
        The table: `run`; `node_id`, from 0 in each run, and `parent_id`, -1 at the first parting;
        `depth`, the number of partings above; `prefix_chars`, the code points before `token`, the
        text that this way goes on with (empty where the text ends); `count` of the choices that
        took it, of whom `choices` are the indices, and `share`, their part of those that came
        this far, with its 95 % interval `wilson_low` to `wilson_high` (Wilson 1927);
        `model_prob`, the mean of the probabilities reported for this way by those that came this
        far, and their least and greatest, `model_prob_min` and `model_prob_max`: the same tokens
        can get slightly other probabilities in each choice. NaN where none was reported.
    """
    ways: list[tuple[int, _Way]] = []
    texts = _texts(columns)
    for run, group in groupby(texts, key=lambda text: text.run):
        ways += [(run, way) for way in _ways(list(group))]
    counts = integers([len(way.choices) for _, way in ways])
    among = integers([way.among for _, way in ways])
    low, high = wilson(counts, among)
    data = {
        "run": integers([run for run, _ in ways]).astype(np.int32),
        **{
            name: integers([getattr(way, name) for _, way in ways]).astype(np.int32)
            for name in ("node_id", "parent_id", "depth", "prefix_chars")
        },
        "token": strings([way.token for _, way in ways]),
        "count": counts.astype(np.int32),
        "share": counts / among,
        "wilson_low": low,
        "wilson_high": high,
        **{
            name: np.array([reduce(way.probs) if way.probs else np.nan for _, way in ways], float)
            for name, reduce in _REDUCED.items()
        },
        "choices": objects([way.choices for _, way in ways]),
    }
    return table(data, attrs, VOCABULARY_SIZE)


_REDUCED: dict[str, Callable[[list[float]], Any]] = {
    "model_prob": np.mean,
    "model_prob_min": min,
    "model_prob_max": max,
}


@dataclass(frozen=True)
class _Text:
    """What one choice said, and what its tokens could have been."""

    run: int
    choice: int
    data: bytes
    start: Integers
    """Where its tokens start in the bytes, -1 for those that are not in it."""
    end: Integers
    logprob: Any
    alternatives: Callable[[int], dict[bytes, float]]
    """Returns the probability of each token that could have been at a position, by its bytes."""

    def token_at(self, byte: int) -> tuple[int, int]:
        """Return start and end of the token that holds a byte, else of that byte alone."""
        holding = np.flatnonzero((self.start <= byte) & (self.end > byte))
        if not len(holding):
            return byte, min(byte + 1, len(self.data))
        return int(self.start[holding[0]]), int(self.end[holding[0]])

    def prob_of(self, way: bytes, start: int) -> float:
        """Return the reported probability of going on with these bytes from a place."""
        stop = start + len(way)
        own = np.flatnonzero((self.start >= start) & (self.end <= stop) & (self.start >= 0))
        if self.data[start:stop] == way and len(own):
            tiles = self.start[own[0]] == start and self.end[own[-1]] == stop
            whole = tiles and (self.start[own[1:]] == self.end[own[:-1]]).all()
            known = whole and not np.isnan(self.logprob[own]).any()
            return float(np.exp(joint_logprob(self.logprob[own]))) if known else np.nan
        first = np.flatnonzero((self.start == start) & (self.end > start))
        return self.alternatives(int(first[0])).get(way, np.nan) if len(first) else np.nan


@dataclass(frozen=True)
class _Way:
    """One way on from a parting."""

    node_id: int
    parent_id: int
    depth: int
    prefix_chars: int
    token: str
    choices: tuple[int, ...]
    among: int
    probs: list[float]


def _texts(columns: Columns) -> Iterator[_Text]:
    logprobs = alternative_logprobs(columns)
    for place in columns.answers:
        part, bounds = columns.parts[place], columns.slices[place]
        spans = align(columns.pieces[place], part.text)

        def alternatives(position: int, first: int = bounds.start) -> dict[bytes, float]:
            codes = columns.ranked.entries.code[first + position]
            pairs = zip(codes.tolist(), np.exp(logprobs[first + position]).tolist(), strict=True)
            return {columns.vocabulary.bytes[code]: prob for code, prob in pairs if code >= 0}

        yield _Text(
            run=part.run,
            choice=part.choice.index,
            data=well_formed(part.text).encode(),
            start=spans.byte_start,
            end=spans.byte_end,
            logprob=columns.tokens.logprob[bounds],
            alternatives=alternatives,
        )


def _ways(texts: list[_Text]) -> list[_Way]:
    """Return the ways of one run, those of a parting before those further down."""
    found: list[_Way] = []
    waiting = [(texts, -1, 0)]
    for group, parent, depth in waiting:
        parted = _part(group)
        if parted is None:
            continue
        start, ways = parted
        for way, members in ways.items():
            probs = [text.prob_of(way, start) for text in group] if way else []
            found.append(
                _Way(
                    node_id=len(found),
                    parent_id=parent,
                    depth=depth,
                    prefix_chars=len(group[0].data[:start].decode(errors="ignore")),
                    token=way.decode(errors="replace"),
                    choices=tuple(text.choice for text in members),
                    among=len(group),
                    probs=[prob for prob in probs if not np.isnan(prob)],
                )
            )
            waiting.append((members, len(found) - 1, depth + 1))
    return found


def _part(group: list[_Text]) -> tuple[int, dict[bytes, list[_Text]]] | None:
    """Find where texts part first, and who goes on with which bytes; None where they do not.

    The parting stands at the first token, in any of them, that holds a differing byte. Whoever
    goes on with the bytes of a longer way goes that way, however its own tokens are cut.
    """
    if len({text.data for text in group}) < 2:
        return None
    byte = common_prefix([text.data for text in group])
    tokens = [text.token_at(byte) for text in group]
    start = min([_code_point(group[0].data, byte), *(first for first, _ in tokens)])
    start = _code_point(group[0].data, start)
    own = [
        text.data[start : _code_point_end(text.data, end)]
        for text, (_, end) in zip(group, tokens, strict=True)
    ]
    longest = sorted(set(own), key=len, reverse=True)
    ways: dict[bytes, list[_Text]] = {}
    for text in group:
        way = next(way for way in longest if text.data.startswith(way, start))
        ways.setdefault(way, []).append(text)
    by_count = sorted(ways.items(), key=lambda item: -len(item[1]))
    return start, dict(by_count)


def _code_point(data: bytes, place: int) -> int:
    """Return where the code point begins that holds a byte."""
    while place > 0 and place < len(data) and data[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _code_point_end(data: bytes, place: int) -> int:
    """Return where the code point ends that a place lies in."""
    while place < len(data) and data[place] & 0xC0 == 0x80:
        place += 1
    return place
