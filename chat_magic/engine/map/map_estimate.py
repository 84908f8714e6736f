"""What the rest of a map will take and cost, from the rows that are done, with an interval."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from chat_magic.core.reply.cost import UNLIMITED_TOKENS

__all__ = ["MapEstimate", "RestOfMap", "UsualTokens", "dollars", "duration"]

_Z = 1.959964
"""The 97.5 % point of the normal distribution."""
_MANY = 2
"""Rows from which a spread can be told."""
_ENOUGH = 20
"""Answers after which a percentile is taken, and taken anew."""


@dataclass
class MapEstimate:
    """Sums over the rows that are done, from which the rest is estimated in constant space."""

    n_done: int = 0
    """Rows that were asked and answered in this call."""
    n_priced: int = 0
    """Those of them with a known cost."""
    cost: float = 0.0
    """Dollars that these cost."""
    _squares: float = field(default=0.0, repr=False)

    def add(self, cost: float | None) -> None:
        """Count an answer and its cost in dollars, None if that is not known."""
        self.n_done += 1
        if cost is not None:
            self.n_priced += 1
            self.cost += cost
            self._squares += cost * cost

    def rest(self, n_left: int, *, elapsed_s: float) -> RestOfMap:
        """Estimate what the rows that are left will take and cost.

        The cost of m further rows after n seen ones has the mean m·x̄ and, both being samples of
        the same rows, the standard error s·√(m·(m + n)/n); the interval is 95 %, cut at 0.

        Args:
            n_left: Rows that are left.
            elapsed_s: Seconds that the rows done took.
        """
        seconds = elapsed_s / self.n_done * n_left if self.n_done else None
        n = self.n_priced
        if n < max(_MANY, self.n_done):
            return RestOfMap(n_left=n_left, seconds=seconds)
        mean = self.cost / n
        variance = max(0.0, (self._squares - n * mean * mean) / (n - 1))
        error = _Z * math.sqrt(variance * n_left * (n_left + n) / n)
        expected = mean * n_left
        return RestOfMap(
            n_left=n_left, seconds=seconds, cost=expected,
            low=max(0.0, expected - error), high=expected + error,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RestOfMap:
    """What is left of a map; what is not known is None."""

    n_left: int
    seconds: float | None = None
    cost: float | None = None
    """Dollars, with the ends of their 95 % interval."""
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Return for example `980 more: $1.34 (…), about 4 min`, with the ends in brackets."""
        parts = []
        if self.cost is not None and self.low is not None and self.high is not None:
            low, high = (dollars(value).removeprefix("$") for value in (self.low, self.high))
            parts.append(f"{dollars(self.cost)} ({low}\N{EN DASH}{high})")
        if self.seconds is not None:
            parts.append(f"about {duration(self.seconds)}")
        return f"{self.n_left:,} more: {', '.join(parts)}" if parts else f"{self.n_left:,} more"


def dollars(value: float) -> str:
    """Return an amount of money with cents, or with two digits where it is smaller."""
    return f"${value:.2f}" if value >= 0.1 or value == 0 else f"${value:.2g}"


def duration(seconds: float) -> str:
    """Return a time with its largest sensible unit."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


class UsualTokens:
    """How many completion tokens a choice without a limit has at most, as far as was seen.

    It is the 95th percentile of the answers, from 20 on; before it is 1,000.
    """

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._n_seen = 0
        self.value = UNLIMITED_TOKENS
        """The estimate, in tokens."""

    def add(self, tokens: int | None, n_choices: int = 1) -> None:
        """Count the completion tokens of an answer with some choices; None if not known."""
        if tokens is None:
            return
        self._counts[math.ceil(tokens / n_choices)] += 1
        self._n_seen += 1
        if self._n_seen % _ENOUGH == 0:
            self.value = max(1, self._percentile(0.95))

    def _percentile(self, share: float) -> int:
        """Return the smallest count that this share of the answers does not pass."""
        needed = math.ceil(share * self._n_seen)
        for tokens, count in sorted(self._counts.items()):
            needed -= count
            if needed <= 0:
                return tokens
        return UNLIMITED_TOKENS
