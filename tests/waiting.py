"""Waiting for what another thread or process does, however slow the machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 30.0
"""How long a test waits for what should happen soon; only a failing test waits as long."""
_POLL_S = 0.005


def wait_until(condition: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
    """Wait until a condition holds; where there is an event or a future, wait for that instead.

    Raises:
        TimeoutError: It does not hold in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition does not hold after {timeout_s:g} s")
        time.sleep(_POLL_S)
