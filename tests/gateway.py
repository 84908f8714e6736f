"""A scripted server on loopback that answers as told, faults included, and records what it got.

    with Gateway(streamed(completion("Hello"))) as gateway:
        ...                       # gateway.base_url, gateway.requests[0].json

An `Answer` is a list of steps: bytes are sent, the others are faults and waits. Requests are
answered in turn by the given answers, the last one again and again, or by a function. With `tls` it
speaks HTTPS; a `Proxy` stands between a client and a gateway.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from tests.completions import DONE, chunks_of, completion, sse
from tests.waiting import TIMEOUT_S

if TYPE_CHECKING:
    import ssl

Step = Any
"""Bytes to send, `Sleep`, `Wait`, `HOLD`, `CLOSE` or `RESET`."""


@dataclass(frozen=True)
class Sleep:
    """Wait for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Wait:
    """Wait until a test sets this event."""

    event: threading.Event


HOLD = "hold"
"""Send nothing more and keep the connection open until the client closes it."""
CLOSE = "close"
"""Close the connection, whatever was promised."""
RESET = "reset"
"""Break the connection with a TCP reset."""


@dataclass(frozen=True)
class Answer:
    """What to answer to one request.

    `framing`: `chunked` sends each bytes step as one HTTP chunk; `length` announces the total;
    `close` ends the body by closing; `raw` sends the steps alone, the head being among them.
    """

    steps: Sequence[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Literal["chunked", "length", "close", "raw"] = "chunked"

    def head(self) -> bytes:
        """Return status line and headers."""
        if self.framing == "raw":
            return b""
        framing = {
            "chunked": "Transfer-Encoding: chunked",
            "length": f"Content-Length: {sum(len(s) for s in self.steps if isinstance(s, bytes))}",
            "close": "Connection: close",
        }[self.framing]
        lines = [f"HTTP/1.1 {self.status} Told So", framing]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Request:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Number of the connection that it came by, from 0."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Set when the client closes the connection while or after this is answered."""

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


Script = Answer | Callable[[Request], Answer]


class Gateway:
    """The server, running in a thread of its own while the `with` block lasts."""

    def __init__(self, *answers: Script, tls: ssl.SSLContext | None = None) -> None:
        self._answers = answers
        self._tls = tls
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: list[_Connection] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.requests: list[Request] = []
        self.port = 0
        self._was_asked = threading.Event()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What `CHAT_MAGIC_BASE_URL` is set to."""
        return f"{self.origin}/v1"

    @property
    def n_connections(self) -> int:
        """Connections that were made so far."""
        return len(self._connections)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            self._connection, "127.0.0.1", 0, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        # A connection that is being accepted while its server closes would leak its socket.
        self._loop.remove_reader(self._server.sockets[0])
        accepting = asyncio.all_tasks() - {asyncio.current_task(), *self._serving}
        if accepting:
            await asyncio.wait(accepting, timeout=1)
        self._server.close()
        for connection in self._connections:
            connection.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in self._connections:
            await connection.wait_closed()

    def _connection(self) -> _Connection:
        connection = _Connection(self, len(self._connections), self._loop)
        self._connections.append(connection)
        return connection

    def wait_for_request(self) -> None:
        """Wait until the first request has come."""
        assert self._was_asked.wait(TIMEOUT_S)

    def serve(self, answering: Coroutine[Any, Any, None]) -> None:
        """Answer the requests of a connection."""
        self._serving.add(self._loop.create_task(answering))

    def answer_to(self, request: Request) -> Answer:
        """Record a request and choose its answer."""
        script = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        self._was_asked.set()
        return script if isinstance(script, Answer) else script(request)


class _Connection(asyncio.StreamReaderProtocol):
    """One connection: reads requests and plays their answers."""

    def __init__(self, gateway: Gateway, number: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(asyncio.StreamReader(loop=loop), self._begin, loop=loop)
        self._gateway = gateway
        self._number = number
        self._request: Request | None = None
        self._lost = asyncio.Event()
        self._socket_closed = asyncio.Event()
        self._way: asyncio.BaseTransport | None = None

    def abort(self) -> None:
        """Close at once."""
        if isinstance(self._way, asyncio.Transport):
            self._way.abort()

    async def wait_closed(self) -> None:
        """Wait until the socket is closed, if there ever was one."""
        if self._way is not None:
            await asyncio.wait_for(self._socket_closed.wait(), TIMEOUT_S)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._way = transport
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        self._note_loss()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note_loss()
        super().connection_lost(exc)
        self._socket_closed.set()

    def _note_loss(self) -> None:
        self._lost.set()
        if self._request is not None:
            self._request.closed.set()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._gateway.serve(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await self._read(reader):
                self._request = request
                answer = self._gateway.answer_to(request)
                if not await self._play(answer, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Request(method, path, headers, body, self._number)

    async def _play(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        """Send an answer; return whether the connection stays open."""
        writer.write(answer.head())
        for step in answer.steps:
            if isinstance(step, bytes):
                is_chunk = answer.framing == "chunked"
                writer.write(b"%x\r\n%s\r\n" % (len(step), step) if is_chunk else step)
                await writer.drain()
            elif isinstance(step, Sleep):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Wait):
                await asyncio.to_thread(step.event.wait, TIMEOUT_S)
            else:
                await self._break_off(step, writer)
                return False
        if answer.framing == "chunked":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return answer.framing in {"chunked", "length"}

    async def _break_off(self, step: str, writer: asyncio.StreamWriter) -> None:
        if step == HOLD:
            await self._lost.wait()
        elif step == RESET:
            await asyncio.sleep(0.02)  # a reset discards what has not arrived yet
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """An HTTP proxy on loopback that leads every request to one gateway, whatever host it names.

    It forwards plain requests and opens tunnels (`CONNECT`), and records the first line of each.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._target = gateway.port
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self.first_lines: list[str] = []

    @property
    def url(self) -> str:
        """What the proxy variables of the environment are set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                first = self.rfile.readline()
                proxy.first_lines.append(first.decode().strip())
                with socket.create_connection(("127.0.0.1", proxy._target)) as target:
                    if first.startswith(b"CONNECT"):
                        while self.rfile.readline().strip():
                            pass
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    else:
                        target.sendall(first)
                    back = threading.Thread(target=_copy, args=[target, self.connection])
                    back.start()
                    _copy(self.rfile, target)
                    back.join()

        return Handler


def _copy(source: Any, target: socket.socket) -> None:
    """Hand on what comes until there is no more, then say so."""
    read = source.read1 if hasattr(source, "read1") else source.recv
    with suppress(OSError):
        while data := read(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def whole(value: Any, **more: Any) -> Answer:
    """Answer with one JSON value, not streamed."""
    headers = {"Content-Type": "application/json"}
    return Answer([json.dumps(value).encode()], headers=headers, framing="length", **more)


def streamed(value: Mapping[str, Any], *, done: bool = True) -> Answer:
    """Answer with a completion as a stream, an event for each token."""
    return events(*chunks_of(value), *([DONE] if done else []))


def events(*steps: Any, **more: Any) -> Answer:
    """Answer with a stream: dictionaries become events, all else are steps as they are."""
    headers = {"Content-Type": "text/event-stream"}
    return Answer([sse(s) if isinstance(s, dict) else s for s in steps], headers=headers, **more)


class BatchService:
    """The files and batches of a provider, as a script for a `Gateway`.

    A batch takes the next of its states each time that it is asked for, and writes its files in the
    last one.

    Args:
        answer: Returns the status and the body for the body of a request.
        states: The states after the first; the last one is how it ends.
        n_answered: How many requests of a file are answered if it ends otherwise than completed.
        errors: Why a batch that ends as failed was not accepted.
        others: Answers to all other paths, such as `/chat/completions`.
    """

    def __init__(
        self,
        answer: Callable[[Any], tuple[int, Any]] = lambda body: (200, echo_of(body)),
        *,
        states: Sequence[str] = ("in_progress", "completed"),
        n_answered: int = 0,
        errors: Sequence[Mapping[str, Any]] = (),
        others: Script | None = None,
    ) -> None:
        self._answer = answer
        self.states = states
        self._n_answered = n_answered
        self.errors = errors
        self._others = others
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.calls: list[str] = []
        """Method and path of each call, ids left out: `POST /files`."""
        self.failing: dict[str, list[Answer]] = {}
        """Answers in place of the next ones, by call."""

    def __call__(self, request: Request) -> Answer:
        path = request.path.removeprefix("/v1").partition("?")[0]
        parts = path.strip("/").split("/")
        if parts[0] not in ("files", "batches"):
            assert self._others is not None, path
            return self._others if isinstance(self._others, Answer) else self._others(request)
        call = f"{request.method} /{'/'.join(part for part in parts if '_' not in part)}"
        self.calls.append(call)
        if faults := self.failing.get(call):
            return faults.pop(0)
        return getattr(self, f"_{request.method}_{parts[0]}".lower())(request, parts[1:])

    def lines(self, number: int = 0) -> list[Any]:
        """Return the requests in a file, by the order of the uploads."""
        content = self.files[f"file_{number}"]
        return [json.loads(line) for line in content.splitlines()]

    def advance(self, batch: dict[str, Any]) -> None:
        """Lead a batch to its next state."""
        left = batch.setdefault("left", list(self.states))
        if not left:
            return
        batch["status"] = left.pop(0)
        if not left:
            self._end(batch)

    def _post_files(self, request: Request, _rest: list[str]) -> Answer:
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        sent = request.body.split(b"--" + boundary)[1:-1]
        fields = [part.removeprefix(b"\r\n").partition(b"\r\n\r\n") for part in sent]
        purpose, file = sorted(fields, key=lambda field: b"filename=" in field[0])
        assert (b'name="purpose"' in purpose[0], purpose[2]) == (True, b"batch\r\n")
        number = f"file_{len(self.names)}"
        self.files[number] = file[2].removesuffix(b"\r\n")
        self.names[number] = file[0].split(b'filename="')[1].split(b'"')[0].decode()
        return whole({"id": number, "object": "file", "filename": self.names[number]})

    def _get_files(self, _request: Request, rest: list[str]) -> Answer:
        if not rest:
            files = [{"id": number, "filename": self.names[number]} for number in self.files]
            return whole({"object": "list", "data": files})
        if rest[0] not in self.files:
            return whole({"error": {"message": f"No such File object: {rest[0]}"}}, status=404)
        return Answer([self.files[rest[0]]], framing="length")

    def _delete_files(self, _request: Request, rest: list[str]) -> Answer:
        self.deleted.append(rest[0])
        del self.files[rest[0]]
        return whole({"id": rest[0], "deleted": True})

    def _post_batches(self, request: Request, rest: list[str]) -> Answer:
        if rest:
            batch = self.batches[rest[0]]
            batch["status"], batch["left"] = "cancelling", ["cancelled"]
            return self._shown(batch)
        number = f"batch_{len(self.batches)}"
        content = self.files[request.json["input_file_id"]]
        counts = {"total": len(content.splitlines()), "completed": 0, "failed": 0}
        self.batches[number] = {
            "id": number,
            "object": "batch",
            "status": "validating",
            "created_at": 2_000_000_000 + len(self.batches),
            "request_counts": counts,
            **request.json,
        }
        return self._shown(self.batches[number])

    def _get_batches(self, request: Request, rest: list[str]) -> Answer:
        if rest:
            if rest[0] not in self.batches:
                return whole({"error": {"message": f"No batch {rest[0]}"}}, status=404)
            self.advance(self.batches[rest[0]])
            return self._shown(self.batches[rest[0]])
        newest = list(reversed(self.batches.values()))
        after = request.path.partition("after=")[2]
        start = 1 + [batch["id"] for batch in newest].index(after) if after else 0
        page = newest[start : start + 2]
        has_more = start + 2 < len(newest)
        return whole({"object": "list", "data": page, "has_more": has_more})

    def _shown(self, batch: dict[str, Any]) -> Answer:
        return whole({name: value for name, value in batch.items() if name != "left"})

    def _end(self, batch: dict[str, Any]) -> None:
        """Write the files of a batch that ends."""
        if batch["status"] == "failed":
            batch["errors"] = {"object": "list", "data": list(self.errors)}
            return
        requests = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        is_whole = batch["status"] == "completed"
        n_answered = len(requests) if is_whole else self._n_answered
        lines = [self._line(request) for request in requests[:n_answered]]
        error = {"code": f"batch_{batch['status']}", "message": "it was not executed"}
        unasked = [
            {"custom_id": request["custom_id"], "response": None, "error": error}
            for request in requests[n_answered:]
        ]
        good = [line for line in lines if line["response"]["status_code"] == 200]
        bad = [line for line in lines if line["response"]["status_code"] != 200] + unasked
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        # The order of the output is not that of the input.
        for kind, content in (("output", list(reversed(good))), ("error", bad)):
            if content:
                number = f"file_{kind}_{batch['id']}"
                text = "".join(json.dumps(line) + "\n" for line in content)
                self.files[number] = text.encode()
                self.names[number] = f"{number}.jsonl"
                batch[f"{kind}_file_id"] = number

    def _line(self, request: Mapping[str, Any]) -> dict[str, Any]:
        status, body = self._answer(request["body"])
        response = {"status_code": status, "request_id": "r", "body": body}
        return {"custom_id": request["custom_id"], "response": response, "error": None}


def echo_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the completion that repeats the last message of a request."""
    return completion(*[body["messages"][-1]["content"]] * body.get("n", 1))


def server_with(
    *, ignores: Sequence[str] = (), refuses: Sequence[str] = (), most: int = 20, **details: str
) -> Callable[[Request], Answer]:
    """Answer as a server that does all that the API says, but for some features.

    Args:
        ignores: Features that it takes without a word.
        refuses: Those that it answers with 400, which names the field.
        most: Alternatives of a token at most; beyond them it refuses.
        details: `prefill` (continues, repeats or starts anew), `temperature` (before or after).
    """
    numbers = itertools.count()

    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return whole({"data": []})
        body = request.json
        refused = next((f for f, used in _used_features(body) if used and f in refuses), None)
        if refused is not None:
            words = f"Unsupported parameter: {_FIELD_OF.get(refused, refused)}"
            return whole({"error": {"message": words}}, status=400)
        if body.get("top_logprobs", 0) > most:
            words = f"top_logprobs must be less than or equal to {most}"
            return whole({"error": {"message": words}}, status=400)
        done = {name: value for name, value in body.items() if _FEATURE_OF.get(name) not in ignores}
        return streamed(_capable_answer(done, next(numbers), details))

    return answer


_FIELD_OF = {
    "json_schema": "response_format",
    "reasoning": "reasoning_effort",
    "stream_usage": "stream_options",
    "unknown_fields": "chat_magic_probe",
}
_FEATURE_OF = {field: feature for feature, field in _FIELD_OF.items()} | {
    name: name for name in ("n", "seed", "stop", "max_tokens", "logprobs", "top_logprobs", "tools")
}


def _used_features(body: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return the features, and whether a request uses them."""
    is_prefilled = body["messages"][-1]["role"] == "assistant"
    fields = ("temperature", *_FEATURE_OF)
    return [("prefill", is_prefilled), *((_FEATURE_OF.get(f, f), f in body) for f in fields)]


def _capable_answer(
    body: Mapping[str, Any], number: int, details: Mapping[str, str]
) -> dict[str, Any]:
    """Return the completion of a server that does what the fields say."""
    text = _capable_text(body, number, details)
    words = text.split(" ")
    limit = body.get("max_tokens", body.get("max_completion_tokens", len(words)))
    text, is_cut = " ".join(words[:limit]), len(words) > limit
    for stop in body.get("stop", ()):
        text = text.partition(stop)[0]
    texts = [text, *(f"{text} {k}" for k in range(1, body.get("n", 1)))]
    value = completion(*texts, finish_reason="length" if is_cut else "stop")
    if "tools" in body:
        function = {"name": body["tools"][0]["function"]["name"], "arguments": "{}"}
        call = {"id": "call_1", "type": "function", "function": function}
        value["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    if "reasoning_effort" in body:
        value["choices"][0]["message"]["reasoning_content"] = "Two and two."
    for choice in value["choices"] if body.get("logprobs") else ():
        choice["logprobs"] = {"content": _capable_tokens(choice, body, details)}
    if "stream_options" not in body:
        del value["usage"]
    return value


def _capable_text(body: Mapping[str, Any], number: int, details: Mapping[str, str]) -> str:
    last = body["messages"][-1]
    if last["role"] == "assistant":
        how = details.get("prefill", "continues")
        rest = " 7, 8, 9"
        return {"continues": rest, "repeats": last["content"] + rest}.get(how, "1, 2, 3")
    if "response_format" in body:
        return '{"zebras": 4}'
    if "story" in last["content"]:
        return f"Once {random.Random(body.get('seed', f'unseeded {number}')).random()}"
    return "One, two, three, four, five, six, seven, eight, nine, ten"


def _capable_tokens(
    choice: Mapping[str, Any], body: Mapping[str, Any], details: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the words as tokens, whose alternatives are each half as likely as the one before."""
    warmth = body.get("temperature", 1) if details.get("temperature") == "after" else 1
    words = (choice["message"]["content"] or "").split(" ")
    names = [word if at == 0 else f" {word}" for at, word in enumerate(words)]
    step = math.log(0.5) / (warmth or 1e-3)
    top = [step * (rank + 1) for rank in range(body.get("top_logprobs", 0))]
    return [
        {
            "token": name,
            "logprob": step,
            "bytes": list(name.encode()),
            "top_logprobs": [
                {"token": name if rank == 0 else f"{name}{rank}", "logprob": logprob, "bytes": None}
                for rank, logprob in enumerate(top)
            ],
        }
        for name in names
    ]
