"""The offsets of tokens in the text of their message, in UTF-8 bytes and in code points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chat_magic.analysis.arrays import Flags, Integers, integers
from chat_magic.core.reply.tokens import is_special, well_formed

if TYPE_CHECKING:
    from collections.abc import Sequence

STATES = ("ok", "repaired", "extra", "unaligned")
OK, REPAIRED, EXTRA, UNALIGNED = range(len(STATES))


@dataclass(frozen=True)
class Spans:
    """The offsets of n tokens in a text; arrays of shape (n,), -1 for a token without."""

    state: Integers
    """Index in `STATES`: `ok`; `repaired`, if the server cut off a part of the token or put a
    space before it; `extra`, a token that is not in the text; `unaligned`, not known."""
    byte_start: Integers
    byte_end: Integers
    """In UTF-8."""
    char_start: Integers
    char_end: Integers
    """In code points, including those that the token shares with its neighbours."""
    n_bytes: int
    """Length of the text in UTF-8."""
    coverage: float
    """Share of the text's bytes that belong to a token, 0 to 1; NaN without text or tokens."""

    @property
    def in_text(self) -> Flags:
        """Whether a token is one of those that make up the text.

        Neither `extra` ones do, nor the empty one that ends an answer. Without a text, all do.
        """
        is_end = (self.byte_start == self.byte_end) & (self.byte_start == self.n_bytes)
        flags: Flags = ~((self.state == EXTRA) | is_end) | (self.n_bytes == 0)
        return flags


@dataclass(frozen=True)
class Fragments:
    """Which of n tokens share code points; arrays of shape (n,)."""

    group: Integers
    """Number of the group; a token that shares nothing is a group by itself."""
    index: Integers
    """Position in the group."""
    size: Integers
    """Number of tokens in the group."""
    text: list[str]
    """Each token's text; that of a whole group is on its first token."""


def align(pieces: Sequence[bytes], text: str) -> Spans:
    """Find the offsets of each token in the text.

    The tokens' bytes, joined, should be the text. If they are not, the text is looked for as one
    run of them, with a head and a tail that the server removed from it (reasoning, control tokens,
    a stop string, a leading space); failing that, as many tokens as possible are matched from both
    ends, with or without a space before them, and between those the tokens around such that were
    decoded as U+FFFD.

    Args:
        pieces: The bytes of the tokens.
        text: The text of the message; a lone surrogate counts as U+FFFD.

    Returns:
        The offsets; all `unaligned` if less than half of the text is found.
    """
    target = well_formed(text).encode()
    place = _as_run(pieces, target)
    state, start, end = _from_ends(pieces, target) if place is None else place
    covered = int(np.sum(end - start))
    if 2 * covered < len(target):
        covered = 0
        state, start, end = _nowhere(len(pieces))
    char_start, char_end = _code_points(target, start, end)
    coverage = covered / len(target) if target and pieces else np.nan
    return Spans(state, start, end, char_start, char_end, len(target), coverage)


def fragments(pieces: Sequence[bytes]) -> Fragments:
    """Group the tokens that split a code point between them."""
    offsets, _ = _offsets(pieces)
    continues = _inside(b"".join(pieces))[offsets]
    group = np.cumsum(~continues) - 1
    first = np.flatnonzero(~continues)
    size = np.diff(np.append(first, len(pieces)))
    text = [piece.decode(errors="replace") for piece in pieces]
    for start, count in zip(first[size > 1], size[size > 1], strict=True):
        whole = b"".join(pieces[start : start + count]).decode(errors="replace")
        text[start : start + count] = [whole] + [""] * (count - 1)
    return Fragments(group, np.arange(len(pieces)) - first[group], size[group], text)


def common_prefix(texts: Sequence[bytes]) -> int:
    """Return the length of the common prefix of all texts, in bytes."""
    first, last = min(texts), max(texts)  # all others lie between
    count = min(len(first), len(last))
    differs = np.frombuffer(first, np.uint8, count) != np.frombuffer(last, np.uint8, count)
    return int(differs.argmax()) if differs.any() else count


_Place = tuple[Integers, Integers, Integers]


def _as_run(pieces: Sequence[bytes], target: bytes) -> _Place | None:
    """Place the tokens in and around the run of them that is the text, if there is one."""
    start, end = _offsets(pieces)
    head = _find_run(pieces, start, target)
    if head is None:
        return None
    tail = head + len(target)
    inside = (head <= start) & (end <= tail)
    apart = ~inside & ((end <= head) | (tail <= start))
    state = np.select([inside, apart], [OK, EXTRA], REPAIRED)
    start, end = start.clip(head, tail) - head, end.clip(head, tail) - head
    return state, np.where(apart, -1, start), np.where(apart, -1, end)


def _find_run(pieces: Sequence[bytes], start: Integers, target: bytes) -> int | None:
    """Return the byte of the joined tokens at which the text begins.

    The last such place is taken, since reasoning may quote the answer. The text begins with a
    token, or with one whose leading space was cut off.
    """
    joined = b"".join(pieces)
    plain = b"".join(pieces[: _special_tail(pieces)])
    candidates = [len(whole) - len(target) for whole in (joined, plain) if whole.endswith(target)]
    candidates += [0] if joined.startswith(target) else []
    for head in (*candidates, plain.rfind(target)):
        begun = start[start <= head].max(initial=0)
        if head >= 0 and not joined[begun:head].strip():
            return head
    return None


def _from_ends(pieces: Sequence[bytes], target: bytes) -> _Place:
    """Place as many tokens as match from the front, then from the back."""
    state, start, end = _nowhere(len(pieces))
    first, last = 0, _special_tail(pieces)
    low, high = 0, len(target)
    state[last:] = EXTRA
    while first < last:
        space = b"" if target.startswith(pieces[first], low) else b" "
        if not target.startswith(space + pieces[first], low):
            break
        state[first] = REPAIRED if space else OK
        start[first], low = low, low + len(space + pieces[first])
        end[first], first = low, first + 1
    while first < last and target.endswith(pieces[last - 1], low, high):
        last -= 1
        end[last], high = high, high - len(pieces[last])
        start[last], state[last] = high, OK
    if low == high:
        state[first:last] = EXTRA
    else:
        _place_between(
            pieces[first:last], target[low:high], low, (state[first:], start[first:], end[first:])
        )
    return state, start, end


def _place_between(pieces: Sequence[bytes], target: bytes, offset: int, place: _Place) -> None:
    """Place tokens some of which lost their bytes: these divide the text between the others.

    They divide it evenly. Everything after a token that matches nowhere stays unaligned.
    """
    state, start, end = place
    low, waiting = 0, 0
    for index, piece in enumerate([*pieces, None]):
        if piece is not None and _is_unclear(piece):
            waiting += 1
            continue
        reach = low + sum(len(lost) + 4 for lost in pieces[index - waiting : index])
        begin = _next(target, piece, low, reach) if waiting else low
        if begin is None or not target.startswith(piece or b"", begin):
            return
        lost = slice(index - waiting, index)
        edges = np.linspace(low, begin, waiting + 1).astype(np.intp) + offset
        state[lost] = REPAIRED if begin > low else EXTRA
        start[lost], end[lost] = (edges[:-1], edges[1:]) if begin > low else (-1, -1)
        if piece is not None:
            low, waiting = begin + len(piece), 0
            state[index], start[index], end[index] = OK, begin + offset, low + offset


def _next(target: bytes, piece: bytes | None, low: int, reach: int) -> int | None:
    """Return where the next token begins, the end if there is none; None beyond reach."""
    begin = len(target) if piece is None else target.find(piece, low, reach + len(piece))
    return begin if 0 <= begin <= reach else None


def _is_unclear(piece: bytes) -> bool:
    """Say whether a token contains something that was decoded as U+FFFD."""
    return "\ufffd" in piece.decode(errors="replace")


def _nowhere(count: int) -> _Place:
    return np.full(count, UNALIGNED), np.full(count, -1), np.full(count, -1)


def _special_tail(pieces: Sequence[bytes]) -> int:
    """Return the position from which there are only control tokens."""
    last = len(pieces)
    while last and is_special(pieces[last - 1].decode(errors="replace")):
        last -= 1
    return last


def _offsets(pieces: Sequence[bytes]) -> tuple[Integers, Integers]:
    """Return where each piece starts and ends in the joined pieces."""
    lengths = integers(list(map(len, pieces)))
    end = np.cumsum(lengths)
    return end - lengths, end


def _continues(data: bytes) -> Flags:
    """Say which bytes are continuation bytes of UTF-8; one more flag, False, for the end."""
    return np.append((np.frombuffer(data, np.uint8) & 0xC0) == 0x80, False)


def _inside(data: bytes) -> Flags:
    """Say which bytes continue a code point, also if the data is not UTF-8."""
    octet = np.append(np.frombuffer(data, np.uint8), np.uint8(0))
    length = 1 + (octet >= 0xC0) + (octet >= 0xE0) + (octet >= 0xF0)
    continues = _continues(data)
    unbroken, inside = continues.copy(), np.zeros(len(octet), dtype=bool)
    for back in (1, 2, 3):
        inside[back:] |= unbroken[back:] & (length[:-back] > back)
        unbroken[back:] &= continues[:-back]
    return inside


def _code_points(target: bytes, start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return the code points that tokens overlap, as start and end; -1 for tokens without."""
    continues = _continues(target)
    before = np.append(0, np.cumsum(~continues))
    known = start >= 0
    return (
        np.where(known, before[start] - continues[start], -1),
        np.where(known, before[end], -1),
    )
