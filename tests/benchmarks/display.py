"""What a cell sends to a notebook while it answers, by a real kernel and a real jupyter_server.

python -m tests.benchmarks.display            prints messages, bytes, delays and losses
python -m tests.benchmarks.display listening  the same for a page that paints what is added
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from chat_magic.shell.listening_pages import COMM, TARGET
from tests.completions import DONE, chunk, delta, sse, tokens
from tests.gateway import Answer, Gateway, Sleep

if TYPE_CHECKING:
    from collections.abc import Iterator

SETUP = """
%load_ext chat_magic
import time
from chat_magic.view.live import notebook_display
sent, publish = [], notebook_display.publish
def counted(*args):
    sent.append(1)
    publish(*args)
notebook_display.publish = counted
"""


@dataclass(frozen=True)
class Scenario:
    """An answer, and how fast it comes."""

    title: str
    n_tokens: int = 4096
    per_s: int = 0
    """Events a second; 0 for all at once."""
    choices: int = 1
    runs: int = 1
    """Requests of a grid, which share the tokens and the events a second."""
    line: str = ""
    """Options of the cell."""
    word: str = " w{:05d}"


SCENARIOS = (
    Scenario("4,096 tokens, 400 a second", per_s=400),
    Scenario("4,096 tokens, unpaced"),
    Scenario("4,096 tokens, top 20, unpaced", line="--top-logprobs 20"),
    Scenario("8 choices of 512, 800 a second", per_s=800, choices=8, line="--n 8"),
    Scenario(
        "2 choices of 4,096, top 20, unpaced", 8192, choices=2, line="--n 2 --top-logprobs 20"
    ),
    Scenario("8 choices of 500, 400 a second", 4000, per_s=400, choices=8, line="--n 8"),
    Scenario(
        "3 x 3 runs of 500, 450 a second",
        4500,
        per_s=450,
        runs=9,
        line="--sweep seed=0,1,2 --sweep top_k=1,2,3 --concurrency 9",
    ),
    Scenario(
        "200 runs of 50, 64 at a time, 2,000 a second",
        10_000,
        per_s=31 * 200,
        runs=200,
        line=f"--sweep seed={','.join(map(str, range(200)))} --concurrency 64",
    ),
    Scenario("300 KB of text, 400 a second", per_s=400, word=" w{:05d}" + "x" * 68),
)


class Timed(Answer):
    """An answer whose steps are made when they are sent."""

    def head(self) -> bytes:
        """Return status line and headers, without a look at the steps."""
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Seen:
    """What was sent and what reached the client."""

    sent_s: dict[str, float] = field(default_factory=dict)
    """When each word left the server."""
    messages: list[tuple[float, int, str]] = field(default_factory=list)
    """Time, bytes and HTML of each display message; the last is the final bundle."""
    n_parts: int = 0
    """Messages beside the document."""
    published: int = 0
    """Displays that the kernel published."""
    cpu_s: float = 0.0
    """What the cell cost the kernel."""


def answers(scenario: Scenario, seen: Seen) -> list[Answer]:
    """Return the answer to each request, which notes when each word is sent."""
    own = scenario.n_tokens // scenario.runs
    return [
        answer(scenario, seen, range(run * own, (run + 1) * own)) for run in range(scenario.runs)
    ]


def answer(scenario: Scenario, seen: Seen, numbers: range) -> Answer:
    """Return the answer of these words."""

    def steps() -> Iterator[Any]:
        for number in numbers:
            word = scenario.word.format(number)
            index = number % scenario.choices
            fields: dict[str, Any] = {}
            if "logprobs" in scenario.line:
                fields["logprobs"] = {"content": tokens(word.strip(), 20)}
            seen.sent_s[word.strip()[:6]] = time.monotonic()
            yield sse(delta(word, index=index, **fields))
            if scenario.per_s:
                yield from _pause(scenario, number)
        for index in range(scenario.choices):
            yield sse(chunk({"index": index, "delta": {}, "finish_reason": "stop"}))
        yield DONE

    return Timed(steps())  # type: ignore[arg-type]


def _pause(scenario: Scenario, number: int) -> Iterator[Sleep]:
    """Wait every few events, since the loop's clock is coarse."""
    if number % 4 == 3:
        yield Sleep(4 * scenario.runs / scenario.per_s)


@contextmanager
def jupyter(environment: dict[str, str]) -> Iterator[tuple[str, str, Path]]:
    """Run a jupyter_server; yields its host and port, its token, and its log."""
    token = secrets.token_hex()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        options = [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"]
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
        with log.open("w") as out:
            server = subprocess.Popen(
                [*command, *options, f"--ServerApp.root_dir={folder}"],
                stderr=out,
                env={**os.environ, **environment},
            )
        try:
            yield f"127.0.0.1:{port}", token, log
        finally:
            server.terminate()
            server.wait()


class Client:
    """A browser's end of a kernel."""

    def __init__(self, place: str, token: str) -> None:
        self._place, self._token = place, token
        self._subshell: str | None = None

    async def open(self) -> None:
        """Start a kernel, when the server is there, and connect to it."""
        request = HTTPRequest(
            f"http://{self._place}/api/kernels?token={self._token}", method="POST", body="{}"
        )
        for _ in range(100):
            try:
                started = await AsyncHTTPClient().fetch(request)
                break
            except OSError:
                await asyncio.sleep(0.2)
        kernel = json.loads(started.body)["id"]
        url = f"ws://{self._place}/api/kernels/{kernel}/channels?token={self._token}"
        self._socket = await websocket_connect(
            url, max_message_size=1 << 30, subprotocols=["v1.kernel.websocket.jupyter.org"]
        )

    async def _send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "username": "",
            "session": "s",
            "version": "5.3",
            "date": "",
        }
        if self._subshell and channel == "shell":
            header["subshell_id"] = self._subshell
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        frame = serialize_msg_to_ws_v1(message, channel, lambda part: json.dumps(part).encode())
        await self._socket.write_message(frame, binary=True)
        return header["msg_id"]

    async def _read(self) -> tuple[int, dict[str, Any]]:
        """Return the bytes of a message, as JupyterLab gets them, and the message."""
        raw = await asyncio.wait_for(self._socket.read_message(), 120)
        assert isinstance(raw, bytes)
        _, parts = deserialize_msg_from_ws_v1(raw)
        header, parent, metadata, content = map(json.loads, parts[:4])
        return len(raw), {
            "msg_type": header["msg_type"],
            "header": header,
            "parent_header": parent,
            "metadata": metadata,
            "content": content,
        }

    async def listen(self) -> None:
        """Say in a subshell, as JupyterLab does, that this client paints what is added."""
        asked = await self._send("create_subshell_request", {}, "control")
        while True:
            _, message = await self._read()
            if message["parent_header"].get("msg_id") == asked and "subshell_id" in (
                content := message["content"]
            ):
                break
        self._subshell = content["subshell_id"]
        await self._send("comm_open", {"comm_id": "page", "target_name": TARGET, "data": {}})

    async def run(self, code: str) -> list[tuple[float, int, dict[str, Any]]]:
        """Run a cell; return each message that it caused, with time and bytes."""
        subshell, self._subshell = self._subshell, None
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": True}
        asked = await self._send("execute_request", content)
        self._subshell = subshell
        messages: list[tuple[float, int, dict[str, Any]]] = []
        replied_s = 0.0
        while True:
            size, message = await self._read()
            if message["parent_header"].get("msg_id", asked) != asked:
                continue  # what is told beside the document names no request
            messages.append((time.monotonic(), size, message))
            if message["msg_type"] == "comm_msg" and time.monotonic() - replied_s > 10:
                replied_s = time.monotonic()
                await self._send("comm_msg", {"comm_id": "page", "data": {}})
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return messages


async def watched(client: Client, scenario: Scenario, seen: Seen) -> None:
    """Run a cell with the answer."""
    await client.run("sent.clear(); began_s = time.process_time()")
    for at, size, message in await client.run(f"%%chat test/model {scenario.line}\nHi"):
        if message["msg_type"] == "error":
            raise RuntimeError(message["content"])
        content = message["content"]
        if message["msg_type"] in {"display_data", "update_display_data"}:
            seen.messages.append((at, size, content["data"].get("text/html", "")))
        if message["msg_type"] == "comm_msg" and content["comm_id"] == COMM:
            seen.n_parts += 1
            seen.messages.append((at, size, json.dumps(content["data"])))
    for _, _, message in await client.run("print(time.process_time() - began_s, len(sent))"):
        if message["msg_type"] == "stream":
            cpu_s, published = message["content"]["text"].split()
            seen.cpu_s, seen.published = float(cpu_s), int(published)


def most_a_second(values: list[tuple[float, int]]) -> int:
    """Return the most that fell into any second."""
    return max(
        (sum(value for at, value in values if start <= at < start + 1) for start, _ in values),
        default=0,
    )


def delays_ms(seen: Seen) -> list[float]:
    """Return how long after its chunk each word was in a message."""
    first: dict[str, float] = {}
    for at, _, html in seen.messages:
        for word in set(re.findall(r"w\d{5}", html)) - first.keys():
            first[word] = at
    return [(first[w] - sent) * 1000 for w, sent in seen.sent_s.items() if w in first]


def row(scenario: Scenario, seen: Seen) -> list[str]:
    """Return what was measured, as cells of a table."""
    live, final = seen.messages[:-1], seen.messages[-1]
    text = sum(len(scenario.word.format(number)) for number in range(scenario.n_tokens))
    delays = sorted(delays_ms(seen))
    arrived = len(delays)
    median, slow = delays[arrived // 2], delays[arrived * 95 // 100]
    lasted = max(1.0, live[-1][0] - live[0][0])
    sizes = [(at, size) for at, size, _ in live]
    kilobytes = [size / 1000 for _, size in sizes]
    return [
        scenario.title,
        f"{(len(live) - 1) / lasted:.1f} / {most_a_second([(at, 1) for at, _, _ in live])}",
        f"{sum(kilobytes[:-1]) / lasted:.0f} / {most_a_second(sizes) / 1000:.0f}",
        " / ".join(f"{delay:.0f}" for delay in (median, slow, delays[-1])),
        f"{sum(size for _, size, _ in live) / text:.1f}",
        f"{sum(size for _, size, _ in seen.messages) / text:.1f}",
        f"{final[1] / 1000:,.0f}",
        f"{seen.published - len(seen.messages) + seen.n_parts} of {seen.published}",
        f"{scenario.n_tokens - arrived}",
        f"{1e6 * seen.cpu_s / scenario.n_tokens:.0f}",
    ]


async def measure(*, listens: bool) -> None:
    """Print a row for each scenario."""
    everything = [Seen() for _ in SCENARIOS]
    scripts = [answers(s, seen) for s, seen in zip(SCENARIOS, everything, strict=True)]
    with (
        Gateway(*(each for script in scripts for each in script)) as gateway,
        jupyter({"CHAT_MAGIC_BASE_URL": gateway.base_url, "CHAT_MAGIC_API_KEY": "none"}) as server,
    ):
        place, token, log = server
        client = Client(place, token)
        await client.open()
        await client.run(SETUP)
        if listens:
            await client.listen()
        print(
            "| answer | messages/s, mean / most | KB/s, mean / most | text behind its chunk, ms:"
            " median / 95 % / worst | live bytes / text | all bytes / text | final KB |"
            " messages lost | words lost | kernel's CPU, µs a token |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|")
        for scenario, seen in zip(SCENARIOS, everything, strict=True):
            await watched(client, scenario, seen)
            print("|", " | ".join(row(scenario, seen)), "|", flush=True)
        connections = len({request.connection for request in gateway.requests})
        print(f"\n{len(gateway.requests)} cells used {connections} connection(s).")
        print("The server dropped messages." if "rate exceeded" in log.read_text() else "")


if __name__ == "__main__":
    asyncio.run(measure(listens=sys.argv[1:] == ["listening"]))
