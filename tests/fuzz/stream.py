"""A coverage-guided search for streams that break the decoder or the assembler.

make fuzz                                        searches for a minute
build/fuzz/bin/python tests/fuzz/stream.py -max_total_time=600

A stream is decoded whole and cut in pieces; both must give the same events, no event may raise
anything but what is documented, and what was assembled must make a reply.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["chat_magic.core"]):
    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.reply.chunk import MalformedChunk
    from chat_magic.core.reply.json_texts import split_texts
    from chat_magic.core.reply.server_error import ServerError
    from chat_magic.core.reply.sse import EventDecoder


def decoded(*chunks: bytes) -> list[tuple[bytes, str, str, int | None]]:
    """Return the events of a stream that comes in these chunks."""
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()
    return [(event.data, event.event) for event in events]


def check(data: bytes) -> None:
    """Take a stream; its first byte says how long its pieces are."""
    size, stream = data[:1], data[1:]
    if not size:
        return
    step = size[0] + 1
    events = decoded(stream)
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    if decoded(*pieces) != events:
        raise AssertionError("how a stream is cut makes a difference")
    assembler = Assembler("Once")
    for number, (event, *_) in enumerate(events):
        for part in split_texts(event):
            with suppress(ServerError):
                try:
                    assembler.feed(part, float(number))
                except MalformedChunk as error:
                    assembler.skip(part, error.expected)
    reply = assembler.reply("error")
    if [choice.index for choice in reply.choices] != assembler.indices():
        raise AssertionError("what is shown and what is kept differ")


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
