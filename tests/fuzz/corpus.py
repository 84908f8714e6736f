"""The streams that a search begins with: those of `tests/wire/dialects.json`.

python -m tests.fuzz.corpus FOLDER    writes a file for each
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.completions import body_of

PIECES_OF_8 = b"\x07"

if __name__ == "__main__":
    table = Path(__file__).parents[1] / "wire" / "dialects.json"
    for number, row in enumerate(json.loads(table.read_text("utf-8"))):
        Path(sys.argv[1], f"dialect-{number}").write_bytes(PIECES_OF_8 + body_of(row))
