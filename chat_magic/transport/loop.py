"""The one background thread whose event loop runs all requests."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any, TypeVar

from chat_magic.transport import http

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

__all__ = ["run", "submit"]

T = TypeVar("T")

_TICK_S = 0.2
"""How often a waiting thread looks up, so that an interrupt is noticed on every platform."""
_CLOSE_S = 2.0
"""How long the open requests may take to close when the process ends."""


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine on the background loop, which is started when it is first needed.

    Cancelling the future cancels the coroutine.
    """
    return asyncio.run_coroutine_threadsafe(coroutine, _state.loop())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for it; an interrupt cancels it."""
    future = submit(coroutine)
    try:
        while not future.done():
            wait([future], _TICK_S)
        return future.result()
    finally:
        future.cancel()


class _State:
    """The loop, its thread, and what is left of a parent process's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[threading.Thread, asyncio.AbstractEventLoop] | None = None
        self._inherited: list[Any] = []

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._running is None:
                self._running = _start()
            return self._running[1]

    def forget(self) -> None:
        """Begin anew in a forked child: the parent's thread is not here, its sockets are.

        They are kept, unused, since collecting them would warn and touch shared connections.
        """
        self._inherited.append(self._running)
        self._lock = threading.Lock()
        self._running = None

    def close(self) -> None:
        """Cancel what still runs and close the connections."""
        with self._lock:
            if self._running is None:
                return
            thread, loop = self._running
            self._running = None
        asyncio.run_coroutine_threadsafe(_stop(), loop)
        thread.join(_CLOSE_S)


def _start() -> tuple[threading.Thread, asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=[loop], name="chat-magic", daemon=True)
    thread.start()
    return thread, loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _stop() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await http.close()
    asyncio.get_running_loop().stop()


_state = _State()
atexit.register(_state.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_state.forget)
