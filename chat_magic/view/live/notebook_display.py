"""The display of an answer in a notebook: one output, updated within a message budget."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chat_magic.view.live.display import Bundle
from chat_magic.view.live.live_stream import LIVE_TYPE
from chat_magic.view.live.live_updates import LiveChannel, LiveUpdates
from chat_magic.view.live.update_budget import UpdateBudget, message_bytes
from chat_magic.view.text.ascii_frames import with_ascii_frames

if TYPE_CHECKING:
    from types import FrameType

    from chat_magic.view.live.progress import Drawable

_ENVELOPE_BYTES = 1_000
"""What a message takes besides its bundle: headers and ids."""
_QUIET_S = 0.3
"""How long a display waits for text before it appears, so that immediate failures leave none."""

Publish = Callable[[Bundle, str, bool], None]
"""Takes a bundle, its display id, and whether that is already shown and to be updated."""


class NotebookDisplay:
    """One output of a notebook, shown once and then updated.

    Args:
        publish: Shows a bundle.
        clock: Seconds that only grow.
        clear: Clears the output of the running cell; None if that may show something else.
        budget: What updates may take; by default one of its own.
        channel: Reaches pages that paint what is added; None if there is none.
    """

    def __init__(
        self,
        publish: Publish,
        clock: Callable[[], float],
        clear: Callable[[], None] | None = None,
        budget: UpdateBudget | None = None,
        channel: LiveChannel | None = None,
    ) -> None:
        self._publish = publish
        self._updates = None if channel is None else LiveUpdates(channel, clock)
        self._clear = clear
        self._budget = budget or UpdateBudget(clock)
        self._id = uuid.uuid4().hex
        self._is_shown = False

    @property
    def delay_s(self) -> float:
        """Seconds until the next update may be shown."""
        return self._budget.delay_s

    def show(self, progress: Drawable) -> None:
        """Show the progress as escaped text, or tell pages that listen what was added."""
        is_early = progress.elapsed_s < _QUIET_S and not progress.has_text
        if self.delay_s > 0 or (is_early and not self._is_shown):
            return
        bundle = self._next_bundle(progress)
        size = _ENVELOPE_BYTES
        if bundle is not None:
            self._send(bundle)
            size += 0 if self._is_paid(bundle) else message_bytes(bundle)
        self._budget.spend(size)

    def _is_paid(self, bundle: Bundle) -> bool:
        """Whether a bundle delays only the next whole one: pages hear what is added meanwhile."""
        return self._updates is not None and self._updates.is_heard and LIVE_TYPE in bundle

    def _next_bundle(self, progress: Drawable) -> Bundle | None:
        """Return the bundle to show; None where pages that listen have been told instead."""
        updates = self._updates
        state = progress.state if updates is not None and updates.is_used else None
        if updates is None or state is None:
            return progress.bundle()
        with _uninterrupted():
            return updates.next_bundle(state, progress.bundle)

    def finish(self, bundle: Bundle | None) -> None:
        """Show the result, whatever the budget; without one, clear or empty what was shown."""
        if self._updates:
            self._updates.end()
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


class FinalDisplay:
    """An output that appears once, complete, for programs that keep only what is shown first."""

    delay_s = 1.0

    def open(self) -> FinalDisplay:
        """Return the display of one answer."""
        return self

    def redraw(self) -> None:
        """Do nothing: what was shown stays."""

    def show(self, _progress: Drawable) -> None:
        """Show nothing: nobody watches."""

    def finish(self, bundle: Bundle | None) -> None:
        """Show the result."""
        if bundle is not None:
            with _uninterrupted():
                publish(bundle, uuid.uuid4().hex, False)


class DisplayHandle:
    """An output of the running cell that can be updated later, from any thread.

    Args:
        channel: Reaches pages that paint what is added to an answer; None if there is none.
    """

    def __init__(self, channel: LiveChannel | None = None) -> None:
        self._channel = channel
        self._id = uuid.uuid4().hex
        self.last: Bundle | None = None
        """What was drawn last."""
        publish({"text/plain": ""}, self._id, False)

    def open(self) -> NotebookDisplay:
        """Return the display of another answer here, within the budget that all handles share."""
        return NotebookDisplay(
            lambda bundle, *_: self.draw(bundle),
            _SHARED_BUDGET.clock,
            budget=_SHARED_BUDGET,
            channel=self._channel,
        )

    def redraw(self) -> None:
        """Draw the last bundle once more: a client between two cells may have missed it."""
        if self.last is not None:
            publish(self.last, self._id, True)

    def draw(self, bundle: Bundle) -> None:
        """Draw a bundle in place of the last one."""
        self.last = bundle
        publish(bundle, self._id, True)


_SHARED_BUDGET = UpdateBudget(time.monotonic)


def clear_cell() -> None:
    """Clear the output of the running cell."""
    from IPython.display import clear_output  # not in a plain terminal

    clear_output()  # type: ignore[no-untyped-call]  # IPython has no types


def publish(bundle: Bundle, display_id: str, is_update: bool) -> None:
    """Show a bundle in the running cell, or update the output that has the display id."""
    from IPython.display import publish_display_data

    # IPython has no types
    publish_display_data(  # type: ignore[no-untyped-call]
        with_ascii_frames(bundle), transient={"display_id": display_id}, update=is_update
    )


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay an interrupt until the record of what was sent agrees with what was sent."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    delayed: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: delayed.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if delayed:
        handler(*delayed[0])
