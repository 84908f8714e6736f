"""What must change for one text to become another: its words, tokens or sentences."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from chat_magic.analysis.arrays import factorize

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

Kind: TypeAlias = Literal["same", "insert", "delete"]

MAX_DIFF_WORK = 400_000_000
"""Pairs of units, one of each text, that are compared: 20,000 units against 20,000.

Counted without what both texts begin and end with. An algorithm takes a bit of memory for each
pair, so that this is 50 MB.
"""


class Change(NamedTuple):
    """A stretch that stays, comes in, or goes."""

    kind: Kind
    text: str


def diff(base: Sequence[str], other: Sequence[str]) -> list[Change]:
    """Return the fewest units to delete and to insert so that one text becomes another.

    The rules are exact, since `labextension/src/result/diff.ts` follows them too:

    1. What both lists begin with stays, then what the rest of both ends with.
    2. If what remains between has more than `MAX_DIFF_WORK` pairs, all of it changes.
    3. Else a longest common subsequence of it stays: the one found from the end backwards by
       deleting the last unit of the base if that leaves the length of the longest common
       subsequence as it is, else inserting the last unit of the other if that does, else
       keeping both.
    4. A stretch that stays without a letter, a digit or a line end in it, and has changes on both
       sides that both delete and insert, is deleted and inserted with them: a lone comma is not
       what two texts have in common.

    Args:
        base: The units of one text. Empty ones are ignored.
        other: The units of the other.

    Returns:
        The changes from the beginning to the end, neighbours of one kind joined, a deletion
        before an insertion. What stays and what is deleted, joined, is the base; what stays and
        what is inserted, the other text.
    """
    one, two = ([unit for unit in units if unit] for units in (base, other))
    changes: list[Change] = []
    at, to = 0, 0
    for start, other_start, size in _readable(one, common_blocks(one, two)):
        stretches: list[tuple[Kind, list[str]]] = [
            ("delete", one[at:start]),
            ("insert", two[to:other_start]),
            ("same", one[start : start + size]),
        ]
        changes += [Change(kind, "".join(units)) for kind, units in stretches if units]
        at, to = start + size, other_start + size
    return changes


Block: TypeAlias = tuple[int, int, int]
"""A stretch that two sequences share: its start in one and in the other, and its length."""


def common_blocks(base: Sequence[Hashable], other: Sequence[Hashable]) -> list[Block]:
    """Return what stays by the rules 1 to 3 of `diff`, an empty block at the ends last."""
    start, end = _common_ends(base, other)
    one, two = base[start : len(base) - end], other[start : len(other) - end]
    blocks = [(0, 0, start)]
    if len(one) * len(two) <= MAX_DIFF_WORK:
        codes = factorize([*one, *two])[0].tolist()  # rapidfuzz compares hashes, which can collide
        matching = _matching_blocks(codes[: len(one)], codes[len(one) :])
        blocks += [(start + a, start + b, size) for a, b, size in matching]
    blocks.append((len(base) - end, len(other) - end, end))
    return [*(block for block in blocks if block[2]), (len(base), len(other), 0)]


def _matching_blocks(one: Sequence[int], two: Sequence[int]) -> Iterable[Block]:
    """Return the stretches that two sequences share, those of the rules where rapidfuzz is there.

    It has no wheel for WebAssembly. There `difflib` of the standard library stands in: its blocks
    are a correct diff too, but not always the one with the fewest changes.
    """
    try:
        from rapidfuzz.distance import Indel
    except ImportError:
        return SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
    matching = Indel.editops(one, two).as_matching_blocks()
    return ((block.a, block.b, block.size) for block in matching)


def _common_ends(base: Sequence[Hashable], other: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many units both begin with, and how many of the rest both end with."""
    shorter = min(len(base), len(other))
    start = next((at for at in range(shorter) if base[at] != other[at]), shorter)
    rest = shorter - start
    end = next((back for back in range(rest) if base[-1 - back] != other[-1 - back]), rest)
    return start, end


def _readable(base: Sequence[str], blocks: Sequence[Block]) -> Iterator[Block]:
    """Leave out the blocks of rule 4 of `diff`."""
    edges = [(0, 0), *((start + size, other_start + size) for start, other_start, size in blocks)]
    for number, block in enumerate(blocks):
        start, other_start, size = block
        end, other_end = edges[number + 1]
        following = blocks[min(number + 1, len(blocks) - 1)]
        is_at_an_end = start == other_start == 0 or (end, other_end) == edges[-1]
        deletes = start > edges[number][0] or following[0] > end
        inserts = other_start > edges[number][1] or following[1] > other_end
        if is_at_an_end or not (deletes and inserts) or _is_readable(base[start : start + size]):
            yield block


def _is_readable(units: Sequence[str]) -> bool:
    return any(
        character == "\n" or unicodedata.category(character)[0] in "LN"
        for unit in units
        for character in unit
    )
