"""The journal of an answer that is being received: its raw events, deflated."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Arrival", "Entry", "Exchange", "Layout", "deflate", "inflate", "pack", "unpack"]

_LEVEL = 1
"""The fastest: higher ones cost several times the CPU for a tenth of the size."""


class Layout(Struct, frozen=True, tag="layout", array_like=True):
    """How the runs of a grid are laid out: the first entry of its journal."""

    axes: str
    """The JSON of its result without runs."""


class Exchange(Struct, frozen=True, tag="exchange", array_like=True):
    """A request that was sent for a run: the journal names it before what arrives for it."""

    run: int
    """Position of the run, from 0."""
    number: int
    """Number of the request in this execution, from 0."""
    request: str
    """The body, as JSON."""
    choice: int | None = None
    """The index of the missing choice that it asks for, if it does."""


class Arrival(Struct, frozen=True, tag="arrival", array_like=True):
    """Events that arrived together."""

    number: int
    """That of their exchange."""
    t_ms: float
    """Milliseconds since the request."""
    events: list[bytes]
    """Their data: the JSON of chunks, or that of a whole completion."""
    is_whole: bool = False
    """Whether it is a completion that was not streamed."""


Entry: TypeAlias = Layout | Exchange | Arrival
"""What a journal is made of."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry])


def pack(entries: Iterable[Entry]) -> bytes:
    """Return entries as the content of one row of the journal."""
    return zlib.compress(_encoder.encode(list(entries)), _LEVEL)


def unpack(row: bytes) -> Iterator[Entry]:
    """Return the entries of one row of the journal."""
    yield from _decoder.decode(zlib.decompress(row))


def deflate(text: str) -> bytes:
    """Return a text as it is stored; a lone surrogate is kept."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL)


def inflate(content: bytes) -> str:
    """Return a stored text."""
    return zlib.decompress(content).decode("utf-8", "surrogatepass")
