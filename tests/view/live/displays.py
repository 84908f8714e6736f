"""What the tests of displays share."""

from __future__ import annotations

import io

from chat_magic.view.live.notebook_display import NotebookDisplay
from chat_magic.view.live.progress import AnswerProgress


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        """Tell the time in seconds."""
        return self.now


class Notebook:
    """Takes what is published, with the time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sent: list[tuple[float, dict, str, bool]] = []
        self.display = NotebookDisplay(self._take, self.clock)

    def _take(self, drawn: dict, display_id: str, is_update: bool) -> None:
        self.sent.append((self.clock.now, drawn, display_id, is_update))


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say that it is one, and no file."""
        return True


def progress(*texts: str, **fields) -> AnswerProgress:
    """Return the progress of an answer whose choices have these texts."""
    defaults = {"n": max(1, len(texts)), "ttft_s": 0.41, "elapsed_s": 0.81, "tokens": 21}
    return AnswerProgress(model="openai/gpt-4o", texts=texts, **{**defaults, **fields})
