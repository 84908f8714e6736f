"""Programs in processes of their own; fixtures such as `run_python` and `terminal` start them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.waiting import TIMEOUT_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pexpect

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


def end_terminal(child: pexpect.spawn) -> None:
    """End a program in a terminal; `close` alone gives it a tenth of a second."""
    child.kill(signal.SIGKILL)
    wait_until(lambda: not child.isalive())
    child.close()


def _command(code: str, arguments: Sequence[object], flags: Sequence[str] = ()) -> list[str]:
    return [sys.executable, *flags, "-c", code, *map(str, arguments)]
