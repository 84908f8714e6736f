"""The number of a result in the history, which is known a moment after the request has started."""

from __future__ import annotations

from queue import Empty, SimpleQueue

__all__ = ["HistoryNumber"]


class HistoryNumber:
    """A number that the history gives from another thread.

    Args:
        number: The number, where it is known already.
    """

    def __init__(self, number: int | None = None) -> None:
        self._number = number
        self._is_known = number is not None
        self._arrivals: SimpleQueue[None] = SimpleQueue()

    def set(self, number: int | None) -> None:
        """Give the number, or None if there will be none."""
        is_first = not self._is_known
        self._number, self._is_known = number, True
        if is_first:
            self._arrivals.put(None)

    def get(self, timeout_s: float = 1.0) -> int | None:
        """Return the number, for which this waits; None if there is none, or not in time.

        An interrupt here leaves no lock held that the other thread needs.
        """
        if not self._is_known:
            try:
                self._arrivals.get(timeout=timeout_s)
            except Empty:
                return None
            self._arrivals.put(None)  # for others who wait
        return self._number

    def __reduce__(self) -> tuple[type[HistoryNumber], tuple[int | None]]:
        return HistoryNumber, (self.get(),)
