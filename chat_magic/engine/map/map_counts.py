"""How far a map is: rows, tokens and dollars, in one line, and what is left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_magic.engine.map.map_estimate import MapEstimate, dollars

if TYPE_CHECKING:
    from chat_magic.engine.map.row_executor import FinishedRow

__all__ = ["MapCounts"]


@dataclass
class MapCounts:
    """Counts over the rows that are done."""

    n_rows: int | None = None
    """How many there are; None if that is not known."""
    n_done: int = 0
    n_failed: int = 0
    n_kept: int = 0
    """Those that the resume file had."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = 0.0
    """Dollars that the rows asked in this call cost; None where that of a row is not known."""
    estimate: MapEstimate = field(default_factory=MapEstimate)
    _started_s: float = field(default_factory=time.monotonic)

    def add(self, row: FinishedRow) -> None:
        """Count a row."""
        self.n_done += 1
        self.n_kept += row.is_resumed
        if row.result is None:
            self.n_failed += 1
            return
        usage = row.result.usage
        if usage is not None:
            self.prompt_tokens += usage.prompt_tokens or 0
            self.completion_tokens += usage.completion_tokens or 0
        if row.is_resumed or row.result.replayed:
            return
        cost = row.result.cost
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        self.estimate.add(cost)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the map was started."""
        return time.monotonic() - self._started_s

    @property
    def words(self) -> str:
        """What the bar says beside its count."""
        parts = [f"{self.n_failed:,} failed"] if self.n_failed else []
        elapsed_s = self.elapsed_s
        if self.completion_tokens and elapsed_s > 0:
            parts.append(f"{self.completion_tokens / elapsed_s:,.0f} tokens/s")
        if self.cost:
            parts.append(dollars(self.cost))
        if self.n_rows is not None and self.n_rows > self.n_done:
            left = self.n_rows - self.n_done
            parts.append(str(self.estimate.rest(left, elapsed_s=elapsed_s)))
        return ", ".join(parts)

    def facts(self, limits_met: list[str]) -> dict[str, Any]:
        """Return what `attrs["chat_magic"]` says of the map."""
        return {
            "rows": self.n_done,
            "failed": self.n_failed,
            "resumed": self.n_kept,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
            "seconds": round(self.elapsed_s, 3),
            "limits": limits_met,
        }
