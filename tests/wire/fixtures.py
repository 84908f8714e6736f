"""Writing the fixtures of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).parent


def written(value: Any) -> str:
    """Return a fixture as it is stored."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def store(fixtures: Mapping[str, Callable[[], Any]]) -> None:
    """Write fixtures beside this file."""
    for name, make in fixtures.items():
        (FOLDER / name).write_text(written(make()))
