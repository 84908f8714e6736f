"""The display of an answer that is still coming: one output, updated within a message budget."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from chat_magic.view.text.result_text import ansi_colored, terminal_safe

if TYPE_CHECKING:
    from types import FrameType

    from chat_magic.view.live.snapshot import Drawable

UPDATES_PER_S = 15
BYTES_PER_S = 256_000
"""What a cell's display may send; servers drop messages beyond limits of their own."""

_EASY_BYTES_PER_S = 110_000
"""What a page draws beside other work."""
_ENVELOPE_BYTES = 1_000
"""What a message takes besides its bundle: headers and ids."""
_QUIET_S = 0.3
"""How long nothing is shown while nothing has come: what fails at once leaves no display."""

Bundle = Mapping[str, Any]
Publish = Callable[[Bundle, str, bool], None]
"""Shows a bundle under a display id: for the first time (False), or again (True)."""


class Live(Protocol):
    """Shows one answer while it comes, then its result."""

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown; 0 when it may now."""

    def show(self, snapshot: Drawable) -> None:
        """Show how far the answer has come; too soon after the last update it does nothing."""

    def finish(self, bundle: Bundle | None) -> None:
        """Put the result in the place of what was shown; None where nothing came of it."""


def open_live(
    terminal: bool, *, alone: bool = False, clock: Callable[[], float] = time.monotonic
) -> Live:
    """Return the display of an answer.

    Args:
        terminal: Whether all that can be shown is text, and only below what is there.
        alone: Whether the cell shows nothing else, so that it may be cleared.
        clock: Seconds that only grow.
    """
    if terminal:
        return TerminalLive(sys.stdout, clock)
    return NotebookLive(_publish, clock, _clear if alone else None)


class DisplayHandle:
    """An output of the running cell that can be drawn anew when other cells run, or none.

    What is drawn there goes by its display id, from whatever thread.
    """

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex
        self.last: Bundle | None = None
        """What was drawn last."""
        _publish({"text/plain": ""}, self._id, False)

    def open(self) -> NotebookLive:
        """Return the display of one more answer here, in the budget that all places share."""
        return NotebookLive(
            lambda bundle, *_: self.draw(bundle), _SHARED_PACE.clock, pace=_SHARED_PACE
        )

    def again(self) -> None:
        """Draw once more what was drawn last: a client between two cells may have missed it."""
        if self.last is not None:
            _publish(self.last, self._id, True)

    def draw(self, bundle: Bundle) -> None:
        """Draw a bundle in the place of what is there."""
        self.last = bundle
        _publish(bundle, self._id, True)


def size_of(bundle: Bundle) -> int:
    """Return the bytes that a bundle takes in a message."""
    return len(json.dumps(bundle, ensure_ascii=False).encode(errors="replace"))


def interval_s(size: int) -> float:
    """Return the seconds to let pass after a message of so many bytes.

    It stays in the budget, and leaves the page time for other things: a page lays out the whole
    text each time, so that a longer one comes less often, though once a second at least.
    """
    return max(1 / UPDATES_PER_S, min(size / _EASY_BYTES_PER_S, 1.0), size / BYTES_PER_S)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back an interrupt until what was sent and what is known of it agree."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    late: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: late.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if late:
        handler(*late[0])


class _Pace:
    """When the next update may be shown."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._next_s = clock()

    @property
    def delay_s(self) -> float:
        return max(0.0, self._next_s - self.clock())

    def sent(self, size: int) -> None:
        self._next_s = self.clock() + interval_s(size)


_SHARED_PACE = _Pace(time.monotonic)


class NotebookLive:
    """One output of a notebook, shown once and then updated."""

    def __init__(
        self,
        publish: Publish,
        clock: Callable[[], float],
        clear: Callable[[], None] | None = None,
        pace: _Pace | None = None,
    ) -> None:
        self._publish = publish
        self._clear = clear
        self._pace = pace or _Pace(clock)
        self._id = uuid.uuid4().hex
        self._is_shown = False

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown."""
        return self._pace.delay_s

    def show(self, snapshot: Drawable) -> None:
        """Show how far the answer has come, as escaped text."""
        is_early = snapshot.elapsed_s < _QUIET_S and not snapshot.has_text
        if self.delay_s == 0 and (self._is_shown or not is_early):
            bundle = snapshot.bundle()
            self._send(bundle)
            self._pace.sent(size_of(bundle) + _ENVELOPE_BYTES)

    def finish(self, bundle: Bundle | None) -> None:
        """Show the result, always; without one, take away or empty the output if there is any."""
        if bundle is not None:
            self._send(bundle)
        elif self._is_shown and self._clear:
            self._clear()
        elif self._is_shown:
            self._send({"text/plain": ""})

    def _send(self, bundle: Bundle) -> None:
        with _uninterrupted():
            self._publish(bundle, self._id, self._is_shown)
            self._is_shown = True


class DeferredTerminal:
    """A terminal on which an answer is printed only when it is there, above the prompt.

    Args:
        title: What is printed above it.
    """

    delay_s = 1.0

    def __init__(self, title: str) -> None:
        self._title = title

    def open(self) -> DeferredTerminal:
        """Return the display of one answer."""
        return self

    def again(self) -> None:
        """Print nothing twice."""

    def show(self, _snapshot: Drawable) -> None:
        """Print nothing: someone may be typing."""

    def finish(self, bundle: Bundle | None) -> None:
        """Print the result, in one piece; a prompt that IPython has open moves below it."""
        if bundle is not None:
            text = terminal_safe(f"── {self._title} ──\n{bundle['text/plain']}")
            print(f"\n{text}\n", flush=True)


class TerminalLive:
    """The answer as it would be typed: choice 0 while it comes, all else at the end."""

    def __init__(self, out: TextIO, clock: Callable[[], float]) -> None:
        self._out = out
        self._pace = _Pace(clock)
        self._printed = ""
        self._has_note = False

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown."""
        return self._pace.delay_s

    def show(self, snapshot: Drawable) -> None:
        """Print what is new of choice 0; a note is a line that goes away, on a terminal only."""
        if self.delay_s > 0:
            return
        self._pace.sent(0)
        if typed := snapshot.typed:
            self._print_on(typed)
        elif (note := snapshot.passing_note) and self._out.isatty():
            self._has_note = True
            self._write(f"\r\x1b[2K{terminal_safe(note)}")

    def finish(self, bundle: Bundle | None) -> None:
        """Print the rest of the result."""
        if bundle is not None:
            self._print_on(bundle["text/plain"], ansi_colored if _has_colours(self._out) else str)
        self._write(self._erased() + "\n" * bool(self._printed))

    def _print_on(self, text: str, paint: Callable[[str], str] = str) -> None:
        """Print what follows the printed text, or all where that was no beginning of it."""
        new = text.removeprefix(self._printed)
        apart = "\n\n" if self._printed and not text.startswith(self._printed) else ""
        self._write(self._erased() + apart + paint(new))
        self._printed = text

    def _erased(self) -> str:
        had_note, self._has_note = self._has_note, False
        return "\r\x1b[2K" if had_note else ""

    def _write(self, text: str) -> None:
        encoding = self._out.encoding or "utf-8"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def _has_colours(out: TextIO) -> bool:
    """Say whether 256 colours are shown and wanted (https://no-color.org)."""
    environment = os.environ
    if not out.isatty() or environment.get("NO_COLOR"):
        return False
    return "256color" in environment.get("TERM", "") or bool(environment.get("COLORTERM"))


def _clear() -> None:
    from IPython.display import clear_output  # not in a plain terminal

    clear_output()  # type: ignore[no-untyped-call]  # IPython has no types


def _publish(bundle: Bundle, display_id: str, again: bool) -> None:
    from IPython.display import publish_display_data

    # IPython has no types
    publish_display_data(dict(bundle), transient={"display_id": display_id}, update=again)  # type: ignore[no-untyped-call]
