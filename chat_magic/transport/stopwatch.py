"""How much time has passed."""

from __future__ import annotations

import time

__all__ = ["Stopwatch"]


class Stopwatch:
    """Measures from the moment it is made, or started again."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Measure from now."""
        self._start = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds since then."""
        return time.perf_counter() - self._start
