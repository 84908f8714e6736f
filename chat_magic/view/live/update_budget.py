"""How often a display may be updated, and how much it may send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.view.live.display import Bundle

UPDATES_PER_S = 15
BYTES_PER_S = 256_000
"""What a cell's display may send; servers drop messages beyond limits of their own."""

_EASY_BYTES_PER_S = 110_000
"""What a page draws beside other work."""


def message_bytes(bundle: Bundle) -> int:
    """Return the bytes that a bundle takes in a message."""
    return len(json.dumps(bundle, ensure_ascii=False).encode(errors="replace"))


def interval_s(size: int) -> float:
    """Return the seconds to wait after a message of `size` bytes.

    This keeps the display within its budget and leaves the page time for other work: a page lays
    out the whole text at each update, so a longer text is updated less often, but at least once
    a second unless the text alone exceeds the budget.
    """
    return max(1 / UPDATES_PER_S, min(size / _EASY_BYTES_PER_S, 1.0), size / BYTES_PER_S)


class UpdateBudget:
    """Says when the next update may be sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._next_s = clock()

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be sent; 0 when it may be sent now."""
        return max(0.0, self._next_s - self.clock())

    def spend(self, size: int) -> None:
        """Account for a message of `size` bytes that was sent now."""
        self._next_s = self.clock() + interval_s(size)
