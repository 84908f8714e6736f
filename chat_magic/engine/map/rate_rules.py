"""How fast the requests of a map may start: token buckets, and a limit that adapts to refusals."""

from __future__ import annotations

import math

__all__ = ["AdaptiveLimit", "TokenBucket", "backoff_s"]

BURST_S = 0.5
"""What a bucket holds, in seconds of its rate: in any 10 s at most 5 % more than the rate start."""
_FIRST_S = 0.5
_LAST_S = 8.0


class TokenBucket:
    """A limit per minute: what is taken flows back at a steady rate.

    It may be taken below zero, as a debt that later takers wait for. It starts with one unit: a
    server that counts by the second is not met with a burst.

    Args:
        per_minute: The rate, in units per minute.
        now_s: The time, in seconds of any clock.
    """

    def __init__(self, per_minute: float, *, now_s: float) -> None:
        self._rate = per_minute / 60
        self._most = max(1.0, BURST_S * self._rate)
        self._balance = 1.0
        self._then_s = now_s

    def delay_s(self, needed: float, *, now_s: float) -> float:
        """Return how many seconds from now on the balance will be at least `needed`."""
        self._flow(now_s)
        return max(0.0, (needed - self._balance) / self._rate)

    def take(self, amount: float, *, now_s: float) -> None:
        """Take an amount, or give it back if it is negative."""
        self._flow(now_s)
        self._balance = min(self._most, self._balance - amount)

    def empty(self, *, now_s: float) -> None:
        """Lose what it holds, after a refusal; a debt stays."""
        self._flow(now_s)
        self._balance = min(0.0, self._balance)

    def _flow(self, now_s: float) -> None:
        passed_s = max(0.0, now_s - self._then_s)
        self._then_s = max(self._then_s, now_s)
        self._balance = min(self._most, self._balance + passed_s * self._rate)


class AdaptiveLimit:
    """How many requests may run at a time: additive increase, multiplicative decrease.

    After as many successes as it allows it is one more; after a refusal it is half, down to 1
    (Chiu and Jain 1989). Refusals of requests that started before the last decrease say nothing
    new.

    Args:
        most: The limit to begin with, and at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._cut_s = -math.inf
        self._n_refused = 0

    @property
    def value(self) -> int:
        """The limit."""
        return int(self._limit)

    @property
    def n_refused(self) -> int:
        """Decreases since the last success."""
        return self._n_refused

    def succeed(self) -> None:
        """Count a success."""
        self._n_refused = 0
        self._limit = min(float(self._most), self._limit + 1 / self._limit)

    def refuse(self, *, started_s: float, now_s: float) -> bool:
        """Count a refusal of a request that started at this time; return whether it is new."""
        if started_s < self._cut_s:
            return False
        self._cut_s = now_s
        self._n_refused += 1
        self._limit = max(1.0, self._limit / 2)
        return True


def backoff_s(n_refused: int, *, chance: float) -> float:
    """Return the pause after a refusal for which the server names none.

    It doubles from 0.5 s to 8 s, the upper half of it at random, so that clients that were refused
    together come back apart.

    Args:
        n_refused: Refusals since the last success, 1 or more.
        chance: A random number, 0 to 1.
    """
    longest = min(_LAST_S, _FIRST_S * 2.0 ** min(n_refused - 1, 10))
    return longest * (1 + chance) / 2
