"""The background thread whose event loop runs all requests of a session."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from chat_magic.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future

__all__ = ["EventLoopThread", "in_thread", "stop_task"]

T = TypeVar("T")

_NO_THREADS = (
    "requests need a thread, which Python in the browser (Pyodide, JupyterLite) does not have: run "
    "the notebook in a kernel on a machine; results that were saved can be loaded and drawn here"
)

_TICK_S = 0.2
"""How often a waiting thread wakes up, so that it notices an interrupt on every platform."""
_CLOSE_S = 2.0
"""How long open requests may take to close when the process ends."""


class EventLoopThread:
    """An event loop in a daemon thread, which starts on first use.

    Args:
        on_stop: Runs on the loop before it ends, for example to close the connections.
    """

    def __init__(self, on_stop: Callable[[], Awaitable[None]]) -> None:
        self._on_stop = on_stop
        self._lock = threading.Lock()
        self._running: tuple[threading.Thread, asyncio.AbstractEventLoop] | None = None
        self._inherited: list[Any] = []
        _threads.add(self)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; cancelling the future cancels the coroutine.

        Raises:
            ConnectionFailed: Python has no threads, as in a browser.
        """
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop())
        except ConnectionFailed:
            coroutine.close()
            raise

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it; an interrupt cancels it."""
        future = self.submit(coroutine)
        try:
            while not future.done():
                wait([future], _TICK_S)
            return future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel the running tasks and end the loop; the next `submit` starts another."""
        with self._lock:
            if self._running is None:
                return
            thread, loop = self._running
            self._running = None
        asyncio.run_coroutine_threadsafe(self._stop(), loop)
        thread.join(_CLOSE_S)

    def after_fork(self) -> None:
        """Start over in a forked child, which has the sockets of the parent but not its thread.

        The sockets are kept unused: closing them would disturb the connections of the parent.
        """
        self._inherited.append(self._running)
        self._lock = threading.Lock()
        self._running = None

    def _loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._running is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(
                    target=_run_forever, args=[loop], name="chat-magic", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError as error:
                    loop.close()
                    raise ConnectionFailed(f"{_NO_THREADS} ({error})") from error
                self._running = thread, loop
            return self._running[1]

    async def _stop(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._on_stop()
        asyncio.get_running_loop().stop()


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a thread; a coroutine that is cancelled waits until it has returned."""
    task = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def stop_task(task: asyncio.Task[Any]) -> None:
    """Cancel a task, and wait until it has ended."""
    task.cancel()
    await asyncio.wait([task])


def _run_forever(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


_threads: WeakSet[EventLoopThread] = WeakSet()
"""All threads of this process: they end with it, and start over in a forked child."""


@atexit.register
def _close_all() -> None:
    for thread in list(_threads):
        thread.close()


def _after_fork() -> None:
    for thread in list(_threads):
        thread.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
