"""One client doing one thing, in a process of its own: prints what it took, as JSON.

python -m tests.benchmarks.clients CLIENT MEASURE ORIGIN
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from tests.benchmarks.server import PLAIN_EVENTS, SINGLE_EVENTS, TOP_EVENTS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

EVENTS = {
    "plain": PLAIN_EVENTS,
    "top": TOP_EVENTS,
    "choices": PLAIN_EVENTS,
    "single": SINGLE_EVENTS,
}
WARM, FIRST_REPEATS, REQUESTS = 3, 60, 2_000


class Client(Protocol):
    """What is measured of each client."""

    def ask(self, path: str) -> str:
        """Take a whole streamed answer and return its text, choices joined."""

    def first_s(self) -> float:
        """Return the seconds to the first token of an answer, taken to its end."""

    def many(self, concurrency: int) -> float:
        """Return the seconds that many short answers take."""


class Floor:
    """A bare socket."""

    def __init__(self, origin: str) -> None:
        from tests.benchmarks import floor

        self._floor = floor
        self._origin = origin
        self._connection: socket.socket | None = None

    def ask(self, path: str) -> str:
        *_, parser = self._steps(path)
        return "".join("".join(parser.texts[index]) for index in sorted(parser.texts))

    def _steps(self, path: str) -> Any:
        url = f"{self._origin}/{path}/v1"
        if self._connection is None:
            self._connection = self._floor.connect(url)
        return self._floor.steps(self._connection, url)

    def first_s(self) -> float:
        start, first = time.perf_counter(), 0.0
        for parser in self._steps("first"):
            if parser.texts and not first:
                first = time.perf_counter() - start
        return first

    def many(self, concurrency: int) -> float:
        return asyncio.run(self._many(concurrency))

    async def _many(self, concurrency: int) -> float:
        left = iter(range(REQUESTS))
        loop = asyncio.get_running_loop()
        host, port = self._origin.removeprefix("http://").split(":")
        start = time.perf_counter()
        workers = []
        for _ in range(concurrency):
            worker = self._floor.Worker(
                f"{self._origin}/short/v1", lambda: next(left, None) is not None
            )
            await loop.create_connection(lambda worker=worker: worker, host, int(port))
            workers.append(worker.done)
        await asyncio.gather(*workers)
        return time.perf_counter() - start


class Ours:
    """chat-magic, from the request to its result."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        os.environ["CHAT_MAGIC_API_KEY"] = "sk-benchmark"
        self._point("plain")
        from chat_magic.core.request.messages import Message
        from chat_magic.core.request.request import ChatRequest
        from chat_magic.engine import answer_task, chat, prepare, session

        self._chat, self._tasks, self._prepare = chat, answer_task, prepare
        self._session = session.default_session()
        message = Message(role="user", content="Hi")
        self._request = ChatRequest(model="test/model", messages=(message,))

    def _point(self, path: str) -> None:
        os.environ["CHAT_MAGIC_BASE_URL"] = f"{self._origin}/{path}/v1"

    async def _ask(self, on_change: Callable[[], None] = lambda: None) -> Any:
        call = self._prepare.prepare_call(self._session, self._request)
        return await self._tasks.AnswerTask(call, self._session, on_change).run()

    def ask(self, path: str) -> str:
        self._point(path)
        call = self._prepare.prepare_call(self._session, self._request)
        result = self._chat.start_answer(self._session, call).wait()
        return "".join(choice.text for choice in result.choices)

    def first_s(self) -> float:
        self._point("first")
        return self._session.loop.run(self._first_s())

    async def _first_s(self) -> float:
        times: list[float] = []
        start = time.perf_counter()
        await self._ask(lambda: times.append(time.perf_counter()))
        return times[0] - start

    def many(self, concurrency: int) -> float:
        self._point("short")
        return self._session.loop.run(_timed(self._ask, concurrency))


class OpenAI:
    """openai-python: its blocking client for one answer, the other for many."""

    def __init__(self, origin: str) -> None:
        import openai

        self._openai, self._origin = openai, origin
        self._clients: dict[str, Any] = {}

    def _stream(self, path: str) -> Any:
        if path not in self._clients:
            url = f"{self._origin}/{path}/v1"
            self._clients[path] = self._openai.OpenAI(base_url=url, api_key="sk-benchmark")
        return self._clients[path].chat.completions.create(**ASKED)

    def ask(self, path: str) -> str:
        texts: dict[int, list[str]] = {}
        tokens: list[Any] = []
        for chunk in self._stream(path):
            for choice in chunk.choices:
                texts.setdefault(choice.index, []).append(choice.delta.content or "")
                if choice.logprobs and choice.logprobs.content:
                    tokens += choice.logprobs.content
        return "".join("".join(texts[index]) for index in sorted(texts))

    def first_s(self) -> float:
        start, first = time.perf_counter(), 0.0
        for _ in self._stream("first"):
            first = first or time.perf_counter() - start
        return first

    def many(self, concurrency: int) -> float:
        return asyncio.run(self._many(concurrency))

    async def _many(self, concurrency: int) -> float:
        url = f"{self._origin}/short/v1"
        client = self._openai.AsyncOpenAI(base_url=url, api_key="sk-benchmark")

        async def ask() -> str:
            stream = await client.chat.completions.create(**ASKED)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        return await _timed(ask, concurrency)


ASKED = {
    "model": "test/model",
    "messages": [{"role": "user", "content": "Hi"}],
    "stream": True,
}


async def _timed(ask: Callable[[], Coroutine[Any, Any, Any]], concurrency: int) -> float:
    """Return the seconds that the requests take when so many workers send them."""
    left = iter(range(REQUESTS))

    async def work() -> None:
        for _ in left:
            await ask()

    await ask()
    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return time.perf_counter() - start


def made(name: str, origin: str) -> Client:
    """Return a client by its name."""
    kinds: dict[str, Callable[[str], Client]] = {"floor": Floor, "openai": OpenAI, "ours": Ours}
    return kinds[name](origin)


def cpu_s(client: Client, path: str) -> float:
    """Return the processor time of 10,000 events."""
    client.ask("first")
    repeats = 1 if path == "single" else WARM
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        client.ask(path)
        times.append(time.process_time() - start)
    return statistics.median(times) / EVENTS[path] * 10_000


def first_ms(client: Client) -> float:
    """Return the median time to the first token on a connection in use."""
    times = [client.first_s() for _ in range(FIRST_REPEATS)]
    return statistics.median(times[10:]) * 1_000


def memory_mb(client: Client) -> float:
    """Return the most memory that the process has held after an answer with alternatives."""
    client.ask("top")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def measured(name: str, measure: str, origin: str) -> float:
    """Measure one thing of one client."""
    start = time.perf_counter()
    client = made(name, origin)
    if measure == "import":
        client.ask("first")
        return time.perf_counter() - start
    if measure == "first":
        return first_ms(client)
    if measure == "memory":
        return memory_mb(client)
    if measure.startswith("many"):
        return REQUESTS / client.many(int(measure.removeprefix("many")))
    return cpu_s(client, measure)


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:4])))
