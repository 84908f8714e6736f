"""The alternatives of all tokens as one block: columns of bytes, deflated, in base64.

The layout, all numbers little-endian, is read by `labextension/src/result/alternativesBlock.ts`:

- four unsigned 32-bit numbers: rows, entries, distinct tokens, bytes of the vocabulary
- the vocabulary: JSON as in the payload, of the tokens that are not in the payload's vocabulary;
  and `steps_per_nat`, 256 if missing
- for each row (a sampled token) its number of entries: 2 planes
- for each entry its id, continuing the ids of the payload's vocabulary: 3 planes
- for each entry its log probability below that of the entry before it, in steps: 2 planes
- for each entry the status of its log probability, as its position in `STATUSES`: 1 plane

A plane holds the lowest bytes of all numbers, the next one the second lowest, and so on. A row's
entries go from the most probable to the least; those with an unknown probability come last.
"""

from __future__ import annotations

import base64
import json
import math
import struct
import sys
import zlib
from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, Any, get_args

from chat_magic.core.reply.tokens import Status, status_of, token_bytes, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat_magic.core.reply.reply import TokenLogprob, TopLogprob

STATUSES: tuple[Status, ...] = get_args(Status)
LARGEST_BLOCK = 1_000_000
"""Characters that the alternatives of a result may take in a notebook."""
_NEVER_FIT = 400_000
"""Alternatives that exceed that however regular they are."""
_KEPT = 5
"""Alternatives that every token keeps if not all fit."""
_KEPT_WHOLE = 500
"""The least sure tokens, which then keep all of theirs."""
_EARLIER_STEPS_PER_NAT = 256
"""That of the blocks of earlier versions, which do not say it."""
_STEPS_PER_NAT = 1_000
"""Log probabilities are cut to a step, so that two decimals are those of the true value."""
_ROUNDING = 1e-6
"""What a product of floats may lack of a whole step."""
_MOST = 65_535

Row = list["TopLogprob"]


class Vocabulary:
    """The distinct tokens, numbered in order of appearance."""

    def __init__(self) -> None:
        self._codes: defaultdict[tuple[str, bytes, int | None], int] = defaultdict()
        self._codes.default_factory = self._codes.__len__

    def __len__(self) -> int:
        return len(self._codes)

    def copy(self) -> Vocabulary:
        """Return a copy that grows independently."""
        other = Vocabulary()
        other._codes.update(self._codes)
        return other

    def code(self, token: TopLogprob) -> int:
        """Return the token's number."""
        return self._codes[token.token, bytes(token.raw_bytes), token.id]

    def columns(self, start: int = 0) -> dict[str, Any]:
        """Return the texts as sent, the bytes of tokens where these differ from it, and ids."""
        keys = list(self._codes)[start:]
        data = [(text, token_bytes(text, raw)) for text, raw, _ in keys]
        ids = ["" if token_id is None else str(token_id) for _, _, token_id in keys]
        return {
            **({"ids": ",".join(ids)} if any(ids) else {}),
            "tokens": [well_formed(text) for text, _, _ in keys],
            "bytes": {
                str(start + number): list(token_data)
                for number, (text, token_data) in enumerate(data)
                if token_data is not None and token_data != text.encode(errors="replace")
            },
        }


def fitting_block(
    tokens: Sequence[TokenLogprob], vocabulary: Vocabulary, most: int | None = None
) -> tuple[str, int]:
    """Pack as many of the tokens' alternatives as a notebook should hold.

    Args:
        tokens: The sampled tokens, in the order of the payload.
        vocabulary: The tokens that the payload itself names.
        most: The most probable alternatives that each token keeps at most; None for all.

    Returns:
        The block, empty if no token has alternatives, and the number left out: none up to
        `LARGEST_BLOCK`; else all but the 5 most probable of each token and all of the 500 least
        sure tokens; else all.
    """
    rows = [sorted(token.top_logprobs or (), key=_known, reverse=True) for token in tokens]
    total = sum(map(len, rows))
    rows = [row[:most] for row in rows]
    if not any(rows):
        return "", total
    block = pack(rows, vocabulary) if total <= _NEVER_FIT else None
    if block is None or len(block) > LARGEST_BLOCK:
        order = sorted(range(len(rows)), key=lambda row: _known(tokens[row]))
        for row in order[_KEPT_WHOLE:]:
            del rows[row][_KEPT:]
        block = pack(rows, vocabulary)
    if len(block) > LARGEST_BLOCK:
        return "", total
    return block, total - sum(map(len, rows))


def pack(rows: Sequence[Row], vocabulary: Vocabulary) -> str:
    """Write rows of alternatives, each by falling probability, as a block."""
    known = len(vocabulary)
    everything = vocabulary.copy()
    ids = [everything.code(entry) for row in rows for entry in row]
    steps, statuses = _measured(rows)
    columns = {**everything.columns(known), "steps_per_nat": _STEPS_PER_NAT}
    names = json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    data = [
        struct.pack("<4I", len(rows), len(ids), len(everything) - known, len(names)),
        names,
        _planes([min(len(row), _MOST) for row in rows], 2),
        _planes(ids, 3),
        _planes(steps, 2),
        bytes(statuses),
    ]
    return base64.b64encode(zlib.compress(b"".join(data))).decode("ascii")


def _measured(rows: Sequence[Row]) -> tuple[list[int], list[int]]:
    steps, statuses = [], []
    for row in rows:
        before = 0
        for entry in row:
            status = status_of(entry.logprob)
            level = _level(entry.logprob) if status == "ok" else before
            steps.append(min(level - before, _MOST))
            statuses.append(STATUSES.index(status))
            before = level
    return steps, statuses


def _level(logprob: float | None) -> int:
    return int(-(logprob or 0.0) * _STEPS_PER_NAT + _ROUNDING)


def _planes(numbers: Iterable[int], count: int) -> bytes:
    column = array("I", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    data = column.tobytes()
    return b"".join(data[plane :: column.itemsize] for plane in range(count))


def _known(token: TopLogprob) -> float:
    """Return a log probability to sort by; an unknown one sorts as the least probable."""
    known = token.logprob is not None and status_of(token.logprob) == "ok"
    return token.logprob if known and token.logprob is not None else -math.inf
