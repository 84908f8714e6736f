"""The display of an answer in a terminal, where text can only be added."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from chat_magic.view.live.update_budget import UpdateBudget
from chat_magic.view.text.result_text import ansi_colored, terminal_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.view.live.display import Bundle
    from chat_magic.view.live.progress import Drawable

_ERASE_LINE = "\r\x1b[2K"


class TerminalDisplay:
    """Prints choice 0 as it arrives, and everything else at the end."""

    def __init__(self, out: TextIO, clock: Callable[[], float]) -> None:
        self._out = out
        self._budget = UpdateBudget(clock)
        self._printed = ""
        self._has_note = False

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown."""
        return self._budget.delay_s

    def show(self, progress: Drawable) -> None:
        """Print the new text of choice 0; on a terminal, before any text, a note to be erased."""
        if self.delay_s > 0:
            return
        self._budget.spend(0)
        if text := progress.terminal_text:
            self._print_new(text)
        elif (note := progress.transient_note) and self._out.isatty():
            self._has_note = True
            self._write(f"{_ERASE_LINE}{terminal_safe(note)}")

    def finish(self, bundle: Bundle | None) -> None:
        """Print the rest of the result."""
        if bundle is not None:
            self._print_new(bundle["text/plain"], ansi_colored if _has_colors(self._out) else str)
        self._write(self._erase_note() + "\n" * bool(self._printed))

    def _print_new(self, text: str, color: Callable[[str], str] = str) -> None:
        """Print what follows the printed text, or all of it where it does not begin with that."""
        new = text.removeprefix(self._printed)
        gap = "\n\n" if self._printed and not text.startswith(self._printed) else ""
        self._write(self._erase_note() + gap + color(new))
        self._printed = text

    def _erase_note(self) -> str:
        had_note, self._has_note = self._has_note, False
        return _ERASE_LINE if had_note else ""

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


class DeferredTerminal:
    """Prints an answer above the prompt of a terminal once it is complete.

    Args:
        title: Printed above the answer.
    """

    delay_s = 1.0

    def __init__(self, title: str) -> None:
        self._title = title

    def open(self) -> DeferredTerminal:
        """Return the display of one answer."""
        return self

    def redraw(self) -> None:
        """Do nothing: what is printed stays."""

    def show(self, _progress: Drawable) -> None:
        """Print nothing: someone may be typing."""

    def finish(self, bundle: Bundle | None) -> None:
        """Print the result in one piece; IPython moves an open prompt below it."""
        if bundle is not None:
            text = terminal_safe(f"── {self._title} ──\n{bundle['text/plain']}")
            print(f"\n{text}\n", flush=True)


def _has_colors(out: TextIO) -> bool:
    """Say whether 256 colours are supported and wanted (https://no-color.org)."""
    environment = os.environ
    if not out.isatty() or environment.get("NO_COLOR"):
        return False
    return "256color" in environment.get("TERM", "") or bool(environment.get("COLORTERM"))
