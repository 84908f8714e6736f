"""Which rows are leased to which worker of a cluster: pure rules, the time is given."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SILENT_S", "LeaseBook"]

SILENT_S = 15.0
"""A worker that was silent for as long is lost; by then it has ended its requests itself."""


@dataclass
class _Worker:
    heard_s: float
    leases: dict[int, bool] = field(default_factory=dict)
    """Its rows that are not returned, in the order of leasing, and whether they were started."""


class LeaseBook:
    """The leases of a map.

    Args:
        concurrency: Requests that may run at a time, on all workers together.
        ahead: How many times its share of them a worker may be leased.
    """

    def __init__(self, concurrency: int, ahead: int) -> None:
        self._concurrency = concurrency
        self._ahead = ahead
        self._workers: dict[str, _Worker] = {}
        self._waiting: deque[int] = deque()
        self.n_asked_twice = 0
        """Rows that were started by a worker which was lost, and leased again."""

    @property
    def workers(self) -> list[str]:
        """The workers that take part."""
        return list(self._workers)

    @property
    def waiting(self) -> Sequence[int]:
        """The rows that are not leased, the next one first."""
        return tuple(self._waiting)

    @property
    def n_leased(self) -> int:
        """Rows that are leased and not returned."""
        return sum(len(worker.leases) for worker in self._workers.values())

    def join(self, worker: str, now_s: float) -> None:
        """Let a worker take part."""
        self._workers[worker] = _Worker(now_s)

    def add(self, rows: Iterable[int]) -> None:
        """Add rows that are to be leased."""
        self._waiting.extend(rows)

    def drop(self, row: int) -> bool:
        """Forget a row that is not leased; return whether it was waiting."""
        try:
            self._waiting.remove(row)
        except ValueError:
            return False
        return True

    def share(self, worker: str) -> int:
        """Return how many requests a worker may run at a time; all together are the concurrency."""
        each, rest = divmod(self._concurrency, len(self._workers))
        return each + (self.workers.index(worker) < rest)

    def lease(self) -> dict[str, list[int]]:
        """Lease the rows that wait to the workers with the most room; return the new leases."""
        leased: dict[str, list[int]] = {}
        room = {name: self._room(name) for name in self._workers}
        n_left = self._ahead * self._concurrency - self.n_leased
        while self._waiting and n_left > 0:
            name = max(room, key=room.__getitem__, default="")
            if not name or room[name] <= 0:
                break
            row = self._waiting.popleft()
            self._workers[name].leases[row] = False
            leased.setdefault(name, []).append(row)
            room[name] -= 1
            n_left -= 1
        return leased

    def hear(self, worker: str, started: Iterable[int], now_s: float) -> None:
        """Note that a worker has reported, and which of its rows it has started."""
        if known := self._workers.get(worker):
            known.heard_s = now_s
            for row in started:
                if row in known.leases:
                    known.leases[row] = True

    def give_back(self, worker: str, row: int) -> bool:
        """Note that a worker has returned a row; return whether that was expected of it."""
        known = self._workers.get(worker)
        return known is not None and known.leases.pop(row, None) is not None

    def lose(self, worker: str, *, has_asked: bool = True) -> None:
        """Let the rows that a worker did not return come first again; it takes no further part.

        Args:
            worker: The worker.
            has_asked: Whether the rows that it has started were sent.
        """
        lost = self._workers.pop(worker, None)
        if lost is not None:
            self.n_asked_twice += sum(lost.leases.values()) if has_asked else 0
            self._waiting.extendleft(reversed(lost.leases))

    def silent(self, now_s: float) -> list[str]:
        """Return the workers that have not reported for too long."""
        return [n for n, worker in self._workers.items() if now_s - worker.heard_s >= SILENT_S]

    def is_leased(self, row: int) -> bool:
        """Whether a worker has a row."""
        return any(row in worker.leases for worker in self._workers.values())

    def _room(self, worker: str) -> int:
        return self._ahead * self.share(worker) - len(self._workers[worker].leases)
