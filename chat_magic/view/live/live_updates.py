"""When pages that listen are told what was added, and when they get the whole state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.view.live.live_stream import LIVE_TYPE, LiveState, LiveStream
from chat_magic.view.live.update_budget import BYTES_PER_S, message_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.view.live.display import Bundle

_WHOLE_S = 10.0
"""Seconds after which the notebook gets the whole state, however little was added."""
_FACTS_S = 1.0
"""Seconds between two messages that tell speed and time: nobody reads them more often."""
_GROWTH = 8
"""It also gets that when the text is this many times as long as in the last one."""


class LiveChannel(Protocol):
    """Reaches the pages that paint what is added, beside the document."""

    @property
    def is_heard(self) -> bool:
        """Whether such a page listens."""

    def send(self, data: Mapping[str, Any]) -> None:
        """Tell them something."""

    def call(self) -> None:
        """Ask pages that do not listen to do so."""


class LiveUpdates:
    """The updates of one output for pages that listen.

    What was added travels beside the document, which gets the whole state less and less often: so
    that what is saved, or seen by others, is a picture of its own at every moment.

    Args:
        channel: Reaches the pages.
        clock: Seconds that only grow.
    """

    def __init__(self, channel: LiveChannel, clock: Callable[[], float]) -> None:
        self._channel = channel
        self._clock = clock
        self._stream: LiveStream | None = None
        self._whole_s = 0.0
        """When the last whole state was sent."""
        self._paid_s = 0.0
        """When the next one may be sent."""
        self._whole_length = 0
        self._facts_s = 0.0
        """When speed and time were told last."""
        if not channel.is_heard:
            channel.call()

    @property
    def is_heard(self) -> bool:
        """Whether a page listens."""
        return self._channel.is_heard

    @property
    def is_used(self) -> bool:
        """Whether a page listens, or did: then the picture stays of the same kind."""
        return self._stream is not None or self.is_heard

    def next_bundle(self, state: LiveState, draw: Callable[[], Bundle]) -> Bundle | None:
        """Tell what was added, or return the bundle with which to update the document.

        Args:
            state: The state.
            draw: Returns it as HTML and text.
        """
        if self._stream is not None and self.is_heard:
            if not self._is_whole_due(state) and self._send_part(self._stream, state):
                return None
            if self._clock() < self._paid_s:
                return None
        return self._whole(state, draw())

    def _send_part(self, stream: LiveStream, state: LiveState) -> bool:
        """Tell what was added; False if more than that has changed."""
        now = self._clock()
        has_facts = now - self._facts_s >= _FACTS_S
        part = stream.part(state, has_facts=has_facts)
        if part:
            self._facts_s = now if has_facts else self._facts_s
            self._channel.send(part)
        return part is not None

    def _whole(self, state: LiveState, bundle: Bundle) -> Bundle:
        self._stream = self._stream or LiveStream()
        drawn = {LIVE_TYPE: self._stream.whole(state), **bundle}
        self._whole_s = self._facts_s = self._clock()
        self._paid_s = self._whole_s + message_bytes(drawn) / BYTES_PER_S
        self._whole_length = state.length
        return drawn

    def end(self) -> None:
        """Tell that nothing more is added."""
        if self._stream is not None and self._channel.is_heard:
            self._channel.send(self._stream.end())

    def _is_whole_due(self, state: LiveState) -> bool:
        now = self._clock()
        has_grown = state.length >= _GROWTH * max(self._whole_length, 1)
        return now >= self._paid_s and (has_grown or now - self._whole_s >= _WHOLE_S)
