"""Measuring elapsed time."""

from __future__ import annotations

import time

__all__ = ["Stopwatch"]


class Stopwatch:
    """Measures the time since it was created or restarted."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start measuring from zero."""
        self._start = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was created or restarted."""
        return time.perf_counter() - self._start
