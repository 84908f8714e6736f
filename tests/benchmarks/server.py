"""A server in a process of its own that sends answers rendered beforehand, at hardly any cost.

with served() as origin:
    ...    # f"{origin}/plain/v1/chat/completions" streams 10,000 events
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from tests.completions import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN_EVENTS = 10_000
TOP_EVENTS = 4_096
SINGLE_EVENTS = 2_000
SHORT_EVENTS = 6
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"x-request-id: req_0123456789\r\n\r\n"
)
WORDS = [f" word{number}" for number in range(500)]


@dataclass(frozen=True)
class Answer:
    """What is sent at once, what follows piece by piece, and the seconds between the pieces."""

    start: bytes
    pieces: tuple[bytes, ...] = ()
    pause_s: float = 0.0


def event(content: str | None, *, index: int = 0, n_top: int = 0) -> bytes:
    """Return one event in the shape in which OpenAI sends it."""
    choice: dict[str, Any] = {"index": index, "delta": {}, "logprobs": None, "finish_reason": None}
    if content is None:
        choice["finish_reason"] = "stop"
    else:
        choice["delta"] = {"content": content}
    if content is not None and n_top:
        entry = {"token": content, "logprob": -0.1234567, "bytes": list(content.encode())}
        top = [{**entry, "logprob": -0.1234567 - rank} for rank in range(n_top)]
        choice["logprobs"] = {"content": [{**entry, "top_logprobs": top}], "refusal": None}
    value = {
        "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWx",
        "object": "chat.completion.chunk",
        "created": 1_764_000_000,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
        "usage": None,
    }
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def events(count: int, *, choices: int = 1, n_top: int = 0) -> list[bytes]:
    """Return the events of a whole answer, its choices interleaved."""
    written = [
        event(WORDS[number // choices % len(WORDS)], index=number % choices, n_top=n_top)
        for number in range(count)
    ]
    return [*written, *(event(None, index=index) for index in range(choices)), DONE]


def framed(piece: bytes) -> bytes:
    """Return a piece as an HTTP chunk of its own."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def answers() -> dict[str, Answer]:
    """Return what is sent for the first part of the path."""
    first, *rest = map(framed, [*events(3), b""])
    single = tuple(map(framed, [*events(SINGLE_EVENTS), b""]))
    at_once = {
        "plain": events(PLAIN_EVENTS),
        "top": events(TOP_EVENTS, n_top=20),
        "choices": events(PLAIN_EVENTS, choices=8),
        "short": events(SHORT_EVENTS),
    }
    return {
        **{name: Answer(HEAD + b"".join(map(framed, [*e, b""]))) for name, e in at_once.items()},
        "first": Answer(HEAD + first, (b"".join(rest),), 0.003),
        "single": Answer(HEAD, single, 0.0005),
    }


class Connection(asyncio.Protocol):
    """Answers each whole request by its path."""

    def __init__(self, rendered: dict[str, Answer]) -> None:
        self._rendered = rendered
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._received = b""
            self._answer(self._rendered[head.split(b"/", 2)[1].decode()])

    def _answer(self, answer: Answer) -> None:
        self._transport.write(answer.start)
        if answer.pieces:
            self._task = asyncio.create_task(self._go_on(answer))

    async def _go_on(self, answer: Answer) -> None:
        for piece in answer.pieces:
            await asyncio.sleep(answer.pause_s)
            self._transport.write(piece)


async def serve() -> None:
    """Serve on a free port, which is printed, until the input ends."""
    rendered = answers()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(rendered), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def served() -> Iterator[str]:
    """Run the server while the block lasts; yields scheme, host and port."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
