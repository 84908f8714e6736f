"""A reader of blocks of alternatives, written from their description alone."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

from chat_magic.view.alternatives_block import STATUSES


def unpack(block: str, known: list[str]) -> list[list[tuple[str, float | str]]]:
    """Return each row's tokens with their log probabilities, or with what these are instead.

    Args:
        block: The block.
        known: The tokens of the payload's vocabulary.
    """
    data = zlib.decompress(base64.b64decode(block))
    n_rows, n_entries, n_tokens, n_names = struct.unpack_from("<4I", data)
    place = 16 + n_names
    vocabulary: dict[str, Any] = json.loads(data[16:place])
    names = [*known, *vocabulary["tokens"]]
    assert len(vocabulary["tokens"]) == n_tokens

    def numbers(count: int, planes: int) -> list[int]:
        nonlocal place
        columns = [data[place + plane * count :][:count] for plane in range(planes)]
        place += planes * count
        return [int.from_bytes(bytes(digits), "little") for digits in zip(*columns, strict=True)]

    counts, ids = numbers(n_rows, 2), numbers(n_entries, 3)
    steps, statuses = numbers(n_entries, 2), numbers(n_entries, 1)
    assert place == len(data)
    entries = iter(zip(ids, steps, statuses, strict=True))
    rows = []
    for count in counts:
        nats, row = 0.0, []
        for _ in range(count):
            token, step, status = next(entries)
            nats += step / vocabulary.get("steps_per_nat", 256)
            row.append((names[token], -nats if status == 0 else STATUSES[status]))
        rows.append(row)
    return rows
