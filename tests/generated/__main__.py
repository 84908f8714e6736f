"""Rewrites all generated files: `python -m tests.generated`, or `make generated`."""

from __future__ import annotations

from tests.generated.files import FILES

for path, write in FILES.items():
    path.write_text(write())
