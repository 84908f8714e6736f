"""Server-sent events, by the cases of web-platform-tests `eventsource/` and some of servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.reply.sse import Event, EventDecoder, EventTooLarge

CASES = json.loads((Path(__file__).parents[2] / "wire" / "sse.json").read_text())


def stream_of(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["hex"]) if "hex" in case else case["stream"].encode()


def decode(*chunks: bytes) -> list[dict[str, Any]]:
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()
    return [{"data": event.data.decode(), "event": event.event} for event in events]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
class TestCases:
    """Each case, in chunks of any size."""

    def test_whole(self, case: dict[str, Any]) -> None:
        """A stream that comes in one chunk gives the events of the standard."""
        assert decode(stream_of(case)) == case["events"]

    def test_byte_by_byte(self, case: dict[str, Any]) -> None:
        """A stream that comes in single bytes gives the same events."""
        stream = stream_of(case)
        assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == case["events"]

    def test_cut_at_every_position(self, case: dict[str, Any]) -> None:
        """Wherever a stream is cut in two, it gives the same events."""
        stream = stream_of(case)
        step = 1 + len(stream) // 500
        for cut in range(0, len(stream) + 1, step):
            assert decode(stream[:cut], stream[cut:]) == case["events"]


FIELDS = [b"data: {}", b"data:", b"data", b"id: 1", b"retry: 2", b"event: ping", b": note"]
ENDS = [b"\n", b"\n\n", b"\r", b"\r\n", b"\r\r"]
OTHERS = [b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xff", b"\0", b" ", b"x", b"[DONE]"]
PIECES = FIELDS + ENDS + OTHERS


@given(st.data(), st.lists(st.sampled_from(PIECES), max_size=25))
def test_how_a_stream_is_cut_makes_no_difference(data: st.DataObject, pieces: list[bytes]) -> None:
    """Any stream gives the same events in one chunk and in any others."""
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*chunks) == decode(stream)


def test_an_event_is_there_as_soon_as_its_blank_line_is() -> None:
    """Events are not held back until the next chunk, not even after a lone CR."""
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\r\r") == [Event(b"a")]
    assert decoder.feed(b"\ndata: b\n\ndata: c\n") == [Event(b"b")]
    assert decoder.feed(b"\n") == [Event(b"c")]


def test_an_event_of_two_mebibytes_passes() -> None:
    """Large events are whole, however they are cut."""
    stream = b'data: "' + b"x" * 2**21 + b'"\n\n'
    chunks = [stream[at : at + 4096] for at in range(0, len(stream), 4096)]
    assert decode(*chunks) == decode(stream)
    assert len(decode(stream)[0]["data"]) == 2**21 + 2


class TestLimit:
    """An event over the limit is an error, one at the limit is not."""

    @pytest.mark.parametrize("size", [1, 3, 9, 100])
    def test_at_the_limit(self, size: int) -> None:
        """The limit itself is allowed, in chunks of any size."""
        decoder = EventDecoder(max_event_bytes=10)
        stream = b"data: 1234\n\n" * 2
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [e.data for c in chunks for e in decoder.feed(c)] == [b"1234", b"1234"]

    @pytest.mark.parametrize("size", [1, 3, 9, 100])
    def test_over_the_limit(self, size: int) -> None:
        """One byte more is refused, after the events before it were returned."""
        decoder = EventDecoder(max_event_bytes=10)
        stream = b"data: 1\n\ndata: 12345\n\n"
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        events: list[Event] = []
        with pytest.raises(EventTooLarge):
            feed_all(decoder, chunks, events)
        assert events == [Event(b"1")]


def feed_all(decoder: EventDecoder, chunks: list[bytes], events: list[Event]) -> None:
    for chunk in chunks:
        events += decoder.feed(chunk)
    decoder.flush()
