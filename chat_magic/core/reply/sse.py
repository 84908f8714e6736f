"""Server-sent events: bytes become events, incrementally.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
with two differences: an unterminated last event is used when it is complete, and `id` and `retry`,
which serve to reconnect, are ignored.
"""

from __future__ import annotations

from msgspec import Struct

from chat_magic.core.reply.json_texts import whole_texts

MAX_EVENT_BYTES = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class EventTooLarge(ValueError):
    """An event grew beyond the limit."""


class Event(Struct, frozen=True):
    """One dispatched event."""

    data: bytes
    """Its data lines, joined by LF; always valid UTF-8."""
    event: str = "message"


class EventDecoder:
    """Turns the chunks of one stream into events, at a constant cost for each byte.

    Args:
        max_event_bytes: Size from which a block of lines is refused.
    """

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pending = bytearray()
        self._after_cr = False
        self._at_start = True
        self._is_between = False
        """Whether only whole events came before, so that a chunk can be read by itself."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete.

        Raises:
            EventTooLarge: The event at the front is over the limit; those before it have been
                returned.
        """
        if self._is_between and len(chunk) <= self._max and _is_plain_event(chunk):
            return [Event(chunk[6:-2])]
        text = self._with_plain_line_ends(chunk)
        across = self._pending.endswith(b"\n") and text.startswith(b"\n")
        if not across and b"\n\n" not in text:
            self._pending += text
            self._is_between = False
            self._check_pending()
            return []
        *blocks, rest = (bytes(self._pending) + text).split(b"\n\n")
        return self._events(blocks, rest)

    def flush(self) -> list[Event]:
        """End the stream: return its unterminated last event when that is complete.

        Complete are `[DONE]` and whole JSON texts. Anything else is dropped, as the standard says.
        """
        self._check_pending()
        event = self._event(bytes(self._pending))
        self._pending.clear()
        data = whole_texts(event.data) if event else b""
        return [Event(data, event=event.event)] if event and data else []

    def _with_plain_line_ends(self, chunk: bytes) -> bytes:
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, blocks: list[bytes], rest: bytes) -> list[Event]:
        events = []
        for position, block in enumerate(blocks):
            if len(block) > self._max:
                rest = b"\n\n".join([*blocks[position:], rest])
                break
            if event := self._event(block):
                events.append(event)
        self._pending = bytearray(rest)
        self._is_between = not rest and not self._after_cr
        if not events:
            self._check_pending()
        return events

    def _check_pending(self) -> None:
        """Refuse what is too large already; a line end that may begin the closing pair is free."""
        if len(self._pending) - self._pending.endswith(b"\n") > self._max:
            raise EventTooLarge(f"an event of the stream is over {self._max:,} bytes")

    def _event(self, block: bytes) -> Event | None:
        if self._at_start:
            self._at_start = False
            block = block.removeprefix(_BOM)
        if block.startswith(b"data: ") and b"\n" not in block:
            return Event(_valid(block[6:]))
        return self._event_of_lines(block.split(b"\n"))

    def _event_of_lines(self, lines: list[bytes]) -> Event | None:
        data: list[bytes] = []
        name = ""
        for line in lines:
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"data":
                data.append(value)
            elif field == b"event":
                name = value.decode(errors="replace")
        if not data:
            return None
        return Event(_valid(b"\n".join(data)), event=name or "message")


def _is_plain_event(chunk: bytes) -> bool:
    """Whether a chunk is one event with one line of ASCII data, as most are."""
    return (
        chunk.startswith(b"data: ")
        and chunk.endswith(b"\n\n")
        and chunk.count(b"\n") == 2
        and chunk.isascii()
        and b"\r" not in chunk
    )


def _valid(data: bytes) -> bytes:
    """Return the data with U+FFFD in place of what is not UTF-8."""
    if data.isascii():
        return data
    return data.decode(errors="replace").encode()
