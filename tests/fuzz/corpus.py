"""The streams that a search begins with: those of `tests/wire/dialects.json`.

python tests/fuzz/corpus.py FOLDER    writes a file for each
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

PIECES_OF_8 = b"\x07"


def stream_of(row: dict[str, list[object]]) -> bytes:
    """Return the bytes of a row's body, as `tests/test_dialects.py` sends them."""
    return b"".join(
        item.encode() if isinstance(item, str) else b"data: " + json.dumps(item).encode() + b"\n\n"
        for item in row["body"]
    )


if __name__ == "__main__":
    table = Path(__file__).parents[1] / "wire" / "dialects.json"
    for number, row in enumerate(json.loads(table.read_text("utf-8"))):
        Path(sys.argv[1], f"dialect-{number}").write_bytes(PIECES_OF_8 + stream_of(row))
