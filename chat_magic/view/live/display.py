"""The display of an answer that is still arriving: what every kind of it does, and its choice."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from chat_magic.view.live.live_updates import LiveChannel
    from chat_magic.view.live.progress import Drawable

Bundle = Mapping[str, Any]
"""What is shown, by MIME type."""


class LiveDisplay(Protocol):
    """Shows the progress of an answer, then its result."""

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown; 0 when it may be shown now."""

    def show(self, progress: Drawable) -> None:
        """Show the progress; too soon after the last update it does nothing."""

    def finish(self, bundle: Bundle | None) -> None:
        """Replace what was shown with the result; None where there is none."""


def open_display(
    terminal: bool,
    *,
    alone: bool = False,
    final: bool = False,
    channel: LiveChannel | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> LiveDisplay:
    """Return the display of an answer.

    Args:
        terminal: Whether only text can be shown, and only below the text that is already there.
        alone: Whether the cell shows nothing else, so that its output may be cleared.
        final: Whether nothing is shown before the end.
        channel: Reaches pages that paint what is added; None if there is none.
        clock: Seconds that only grow.
    """
    from chat_magic.view.live.notebook_display import (
        FinalDisplay,
        NotebookDisplay,
        clear_cell,
        publish,
    )
    from chat_magic.view.live.terminal_display import TerminalDisplay

    if terminal:
        return TerminalDisplay(sys.stdout, clock)
    if final:
        return FinalDisplay()
    return NotebookDisplay(publish, clock, clear_cell if alone else None, channel=channel)
