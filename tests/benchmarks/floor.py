"""The floor: a bare socket, the least that HTTP chunks and events need, and a typed decode."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"stream":true}'


class Token(msgspec.Struct):
    token: str
    logprob: float
    bytes: msgspec.Raw
    top_logprobs: list[Token] = []


class Tokens(msgspec.Struct):
    content: list[Token] | None = None


class Delta(msgspec.Struct):
    content: str | None = None


class Choice(msgspec.Struct):
    index: int
    delta: Delta
    logprobs: Tokens | None = None


class Chunk(msgspec.Struct):
    choices: list[Choice]


DECODE = msgspec.json.Decoder(Chunk).decode


class Parser:
    """Takes the bytes of one response; keeps the text of each choice and its tokens."""

    def __init__(self) -> None:
        self._rest = b""
        self._in_body = False
        self.texts: dict[int, list[str]] = {}
        self.tokens: list[Token] = []

    def feed(self, data: bytes) -> bool:
        """Return whether the response is complete."""
        data = self._rest + data
        at = 0
        if not self._in_body:
            at = data.index(b"\r\n\r\n") + 4
            self._in_body = True
        while (end := data.find(b"\r\n", at)) >= 0:
            size = int(data[at:end], 16)
            if size == 0:
                return True
            if len(data) < end + size + 4:
                break
            self._take(data[end + 8 : end + size])
            at = end + size + 4
        self._rest = data[at:]
        return False

    def _take(self, event: bytes) -> None:
        if event == b"[DONE]":
            return
        for choice in DECODE(event).choices:
            if choice.delta.content:
                self.texts.setdefault(choice.index, []).append(choice.delta.content)
            if choice.logprobs and choice.logprobs.content:
                self.tokens += choice.logprobs.content


def request(url: str) -> bytes:
    """Return the bytes of a request."""
    parts = urlsplit(url)
    head = (
        f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY


def connect(url: str) -> socket.socket:
    """Open a connection."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def steps(connection: socket.socket, url: str) -> Iterator[Parser]:
    """Ask, and yield what has come after each read."""
    connection.sendall(request(url))
    parser = Parser()
    is_complete = False
    while not is_complete:
        is_complete = parser.feed(connection.recv(65536))
        yield parser


class Worker(asyncio.Protocol):
    """Asks again and again by one connection, as long as `is_wanted` says so."""

    def __init__(self, url: str, is_wanted: Callable[[], bool]) -> None:
        self._request = request(url)
        self._is_wanted = is_wanted
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._parser.feed(data):
            self._ask()

    def _ask(self) -> None:
        if self._is_wanted():
            self._parser = Parser()
            self._transport.write(self._request)
        else:
            self._transport.close()
            self.done.set_result(None)
