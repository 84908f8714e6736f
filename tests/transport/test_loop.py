"""The background event loop, partly in processes of their own."""

from __future__ import annotations

import asyncio
import os
import threading
from subprocess import PIPE, CompletedProcess
from typing import TYPE_CHECKING

import pytest

from chat_magic.engine.session import default_session
from chat_magic.errors import ConnectionFailed
from chat_magic.transport import loop as module
from tests.completions import delta
from tests.gateway import HOLD, Gateway, events
from tests.waiting import TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable

SETUP = """
import asyncio, os, threading
from chat_magic.core.reply.assembler import Assembler
from chat_magic.engine.session import default_session
from chat_magic.transport import loop as module
from chat_magic.transport.exchange import exchange
from chat_magic.transport.endpoints import Endpoint
from tests.waiting import wait_until

def ask(assembler):
    endpoint = Endpoint(name="x", base_url=os.environ["URL"], model="m")
    return exchange(default_session().http, endpoint, {}, assembler)

async def name():
    return threading.current_thread().name

def begin():
    assembler = Assembler()
    future = default_session().loop.submit(ask(assembler))
    wait_until(lambda: assembler.has_output)
    return future
"""


@pytest.fixture
def run(run_python: Callable[..., CompletedProcess[str]]) -> Callable[..., CompletedProcess[str]]:
    """Return a function that runs a script with the setup before it, every warning shown."""

    def run(script: str, url: str = "") -> CompletedProcess[str]:
        environment = {**os.environ, "URL": url}
        return run_python(SETUP + script, flags=["-W", "always"], env=environment)

    return run


def test_coroutines_run_in_one_background_thread() -> None:
    """It is the same for all, and not that of the caller."""

    async def thread() -> threading.Thread:
        return threading.current_thread()

    first, second = (default_session().loop.submit(thread()).result(10) for _ in range(2))
    assert first is second
    assert first is not threading.current_thread()
    assert first.daemon


def test_cancelling_the_future_closes_the_connection(start_python) -> None:
    """Like an interrupt in the main thread."""
    with Gateway(events(delta("a"), HOLD)) as gateway:
        process = start_python(
            SETUP + "begin().cancel(); input()",
            env={**os.environ, "URL": gateway.base_url},
            stdin=PIPE,
        )
        gateway.wait_for_request()
        assert gateway.requests[0].closed.wait(TIMEOUT_S)
        process.communicate(b"\n")
    assert process.returncode == 0


def test_a_process_ends_cleanly_with_a_request_open(run) -> None:
    """It does not wait for the answer, and prints no warning."""
    with Gateway(events(delta("a"), HOLD)) as gateway:
        done = run("begin()", gateway.base_url)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_thread_starts_on_first_use(run) -> None:
    """Importing starts none."""
    done = run("print(threading.active_count())")
    assert done.stdout == "1\n"


def test_a_forked_child_has_its_own_loop(run) -> None:
    """The request of the parent continues."""
    with Gateway(events(delta("a"), HOLD)) as gateway:
        done = run(
            """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of fork with threads
future = begin()
child = os.fork()
if not child:
    print(default_session().loop.submit(name()).result(10), flush=True)
    begin().cancel()
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), future.done())
""",
            gateway.base_url,
        )
    assert (done.stdout, done.stderr) == ("chat-magic\n0 False\n", "")


def test_waiting_returns_the_result_and_an_interrupt_cancels(monkeypatch: pytest.MonkeyPatch):
    """The coroutine gets the CancelledError."""
    begun, cancelled = threading.Event(), threading.Event()

    async def hold() -> None:
        try:
            begun.set()
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupt(*_: object) -> None:
        begun.wait(TIMEOUT_S)
        raise KeyboardInterrupt

    assert default_session().loop.run(asyncio.sleep(0, "done")) == "done"
    monkeypatch.setattr(module, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        default_session().loop.run(hold())
    assert cancelled.wait(TIMEOUT_S)


def test_without_threads_one_sentence_says_where_to_run(monkeypatch: pytest.MonkeyPatch):
    """As in Pyodide, whose Python cannot start any; the coroutine is closed."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def never() -> None:
        raise AssertionError

    monkeypatch.setattr(threading.Thread, "start", start)
    loop = module.EventLoopThread(on_stop=never)
    with pytest.raises(ConnectionFailed, match=r"Pyodide.* does not have: run the notebook in a"):
        loop.submit(never())
