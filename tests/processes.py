"""Code in a Python of its own; tests take it from the fixtures `run_python` and `start_python`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.waiting import TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPED = {
    "stdin": subprocess.PIPE,
    "stdout": subprocess.PIPE,
    "text": True,
    "cwd": Path(__file__).parents[1],
}
"""Options of a process that is talked to and can import the tests."""


def run_python(
    code: str, *arguments: object, flags: Sequence[str] = (), **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run code to its end."""
    return subprocess.run(
        _command(code, arguments, flags),
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * TIMEOUT_S,
        **options,
    )


def start_python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[Any]:
    """Start code."""
    return subprocess.Popen(_command(code, arguments), **options)


def _command(code: str, arguments: Sequence[object], flags: Sequence[str] = ()) -> list[str]:
    return [sys.executable, *flags, "-c", code, *map(str, arguments)]
