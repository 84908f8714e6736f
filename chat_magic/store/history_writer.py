"""The one thread of a process that writes a history, off the event loop and the main thread."""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from chat_magic.errors import ChatError
from chat_magic.store.database import (
    Unusable,
    code_of,
    is_busy,
    is_damage,
    open_database,
    transaction,
)
from chat_magic.store.history_files import candidates, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["HistoryWriter", "Operation"]

T = TypeVar("T")

TICK_S = 1.0
"""How often running executions are written; on network file systems, how often anything is."""
CLOSE_S = 2.0
"""How long the process waits at its end for what is not written yet."""
PATIENCE_S = 10.0
"""How long a locked file is tried before the user is told; it is tried on."""
_PAUSE_S = 60.0
"""How long a file that cannot be written is left alone."""
_BATCH = 200
"""Operations of one transaction, after which other processes have their turn."""
_MOST_WAITING = 10_000
"""Operations that are kept while the file is locked."""


class Operation(Protocol):
    """Something to be written."""

    def write(self, connection: sqlite3.Connection) -> None:
        """Write it, inside a transaction; it may be called again after a fault."""

    def committed(self) -> None:
        """Note that it is written."""

    def drop(self, reason: str) -> None:
        """Give it up: it cannot be written."""


@dataclass(frozen=True)
class _Value(Generic[T]):
    """What a function returned."""

    value: T


class _Call(Generic[T]):
    """A function whose caller waits for its value, until a time."""

    def __init__(self, function: Callable[[sqlite3.Connection], T], until_s: float) -> None:
        self._function = function
        self._until_s = until_s
        self._value: Any = None
        self.outcome: SimpleQueue[_Value[T] | str] = SimpleQueue()
        """The value, or why there is none."""

    def write(self, connection: sqlite3.Connection) -> None:
        if self.is_late:
            raise TimeoutError("nobody waits for it any more")
        self._value = self._function(connection)

    @property
    def is_late(self) -> bool:
        """Whether its caller has given up, so that it must not run any more."""
        return time.monotonic() >= self._until_s

    def committed(self) -> None:
        self.outcome.put(_Value(self._value))

    def drop(self, reason: str) -> None:
        self.outcome.put(reason)


@dataclass
class _State:
    """What a forked child must not take over."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while the file is used."""
    queue: SimpleQueue[Operation | None] = field(default_factory=SimpleQueue)
    """What is to be written; None ends the thread."""
    waiting: list[Operation] = field(default_factory=list)
    """What was taken from the queue and is not written yet."""
    connection: sqlite3.Connection | None = None
    thread: threading.Thread | None = None


class HistoryWriter:
    """Writes a history from a thread of its own, which starts on first use.

    Args:
        path: The file that is wanted; another name is taken where it cannot be used.
        on_open: Called with each connection in a transaction, before anything else is written.
        make_tick: Makes what is written every second while something is active.
        on_idle: Called with the connection when there is nothing else to do, not in a transaction;
            returns whether it has left something to do at once, which what is submitted interrupts.
        is_active: Whether something runs, so that ticks are needed.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_open: Callable[[sqlite3.Connection], None],
        make_tick: Callable[[], Operation],
        on_idle: Callable[[sqlite3.Connection], bool],
        is_active: Callable[[], bool],
    ) -> None:
        self.path = path
        """The file that is written; another one after a fault."""
        self.n_tries = 0
        """Transactions that were begun: what one inserts is gone if it fails."""
        self._n_removed = 0
        self._wanted = path
        self._on_open = on_open
        self._make_tick = make_tick
        self._on_idle = on_idle
        self._is_active = is_active
        self._state = _State()
        self._inherited: list[_State] = []
        self._start_lock = threading.Lock()
        self._is_held = False
        self._damaged: set[Path] = set()
        self._faults: SimpleQueue[str] = SimpleQueue()
        self._told: set[str] = set()
        self._pause: tuple[float, str] = (0.0, "")
        self._locked_since: float | None = None
        self._written_s = 0.0
        self._ticked_s = 0.0
        self._has_more = False
        """Whether `on_idle` has left something to do."""
        self._close_s = 0.0
        """When the thread must have ended."""
        self._is_slow = False
        """Whether each transaction is costly, as on a network file system."""
        _writers.add(self)

    @property
    def place(self) -> tuple[Path, int]:
        """The file that is written, told apart from one of its name that was removed."""
        return self.path, self._n_removed

    def submit(self, operation: Operation) -> None:
        """Write something soon; returns at once."""
        self._state.queue.put(operation)
        if self._state.thread is None:
            self._start()

    def call(self, function: Callable[[sqlite3.Connection], T], timeout_s: float) -> T:
        """Run a function in a transaction, after all that was submitted, and return its value.

        Raises:
            ChatError: The history cannot be written, or not in time.
        """
        deadline = time.monotonic() + timeout_s
        call = _Call(function, deadline)
        self.submit(call)
        while time.monotonic() < deadline:  # an interrupt here leaves no lock held
            with suppress(Empty):
                outcome = call.outcome.get(timeout=0.2)
                if isinstance(outcome, _Value):
                    return outcome.value
                raise ChatError(outcome)
        locked = "is locked by another process, and " if self._locked_since else ""
        raise ChatError(
            f"history: {shown_path(self.path)} {locked}was not written within {timeout_s:g} s"
        )

    def flush(self, timeout_s: float = 5.0) -> None:
        """Wait until all that was submitted is written, or cannot be."""
        if self._state.thread is not None:
            with suppress(ChatError):
                self.call(lambda _connection: None, timeout_s)

    def take_faults(self) -> list[str]:
        """Return what has gone wrong since the last call, a sentence each."""
        faults = []
        with suppress(Empty):
            while True:
                faults.append(self._faults.get_nowait())
        return faults

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Write what is left, as far as time allows, and end the thread."""
        thread = self._state.thread
        if thread is not None:
            self._close_s = time.monotonic() + timeout_s
            self._state.queue.put(None)
            thread.join(timeout_s)

    def before_fork(self) -> None:
        """Close the file, as SQLite's locks do not survive a fork; held until it is over."""
        self._is_held = self._state.lock.acquire(timeout=1.0)
        if self._is_held:
            self._disconnect()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        if self._is_held:
            self._is_held = False
            self._state.lock.release()

    def after_fork_in_child(self) -> None:
        """Start over, without closing or writing what belongs to the parent."""
        self._inherited.append(self._state)
        self._state = _State()
        self._start_lock = threading.Lock()
        self._faults = SimpleQueue()

    def _start(self) -> None:
        with self._start_lock:
            if self._state.thread is None:
                thread = threading.Thread(
                    target=self._run, args=[self._state], name="chat-magic history", daemon=True
                )
                self._state.thread = thread  # before: an interrupt in `start` makes no second one
                try:
                    thread.start()
                except RuntimeError:  # the system has no more threads, or the process ends
                    self._state.thread = None
                    raise

    def _run(self, state: _State) -> None:
        is_open = True
        while is_open:
            is_open = self._take(state)
            if self._must_wait(state, is_closing=not is_open):
                time.sleep(min(TICK_S, max(0.0, self._written_s + TICK_S - time.monotonic())))
                continue
            with state.lock:
                self._write(state)
        with state.lock:
            while self._has_more and time.monotonic() < self._close_s:
                self._write(state)
            self._disconnect()
            state.thread = None
        if not state.queue.empty():  # submitted to the thread that was ending
            self._start()

    def _take(self, state: _State) -> bool:
        """Wait for operations and take those there are; return whether the thread goes on."""
        is_ticking = bool(state.waiting) or self._is_active()
        try:
            wait_s = 0.0 if self._has_more else TICK_S if is_ticking else None
            operation = state.queue.get(timeout=wait_s)
            while operation is not None:
                state.waiting.append(operation)
                if len(state.waiting) >= _BATCH:
                    return True
                operation = state.queue.get_nowait()
        except Empty:
            return True
        return False

    def _must_wait(self, state: _State, *, is_closing: bool) -> bool:
        """Whether a network file system has had its transaction of this second."""
        if is_closing or any(isinstance(operation, _Call) for operation in state.waiting):
            return False
        return self._is_slow and time.monotonic() < self._written_s + TICK_S

    def _write(self, state: _State) -> None:
        """Write what is waiting, and the running executions; handle what goes wrong."""
        until, why = self._pause
        if time.monotonic() < until:
            self._give_up(state, why)
            return
        try:
            self._transact(state)
        except sqlite3.Error as error:
            self._handle(state, error)
        except OSError as error:
            self._leave_alone(state, error.strerror or str(error))
        except Exception as error:  # the thread goes on, whatever it is
            self._leave_alone(state, f"{type(error).__name__}: {error}")

    def _transact(self, state: _State) -> None:
        is_due = self._is_active() and time.monotonic() >= self._ticked_s + TICK_S
        operations = [*state.waiting, self._make_tick()] if is_due else state.waiting
        if operations:
            self._commit(state, operations, is_tick=is_due)
        elif not self._has_more:
            return
        if state.queue.empty():
            self._has_more = False  # should it fail
            self._has_more = self._on_idle(self._connection(state))
            self._written_s = time.monotonic()

    def _commit(self, state: _State, operations: Sequence[Operation], *, is_tick: bool) -> None:
        connection = self._connection(state)
        self.n_tries += 1
        with transaction(connection):
            reasons = [_attempt(connection, operation) for operation in operations]
        self._written_s, self._locked_since = time.monotonic(), None
        self._ticked_s = self._written_s if is_tick else self._ticked_s
        state.waiting = []
        for operation, reason in zip(operations, reasons, strict=True):
            if reason is None:
                operation.committed()
            else:
                self._drop(operation, reason)

    def _drop(self, operation: Operation, reason: str) -> None:
        operation.drop(reason)
        if not isinstance(operation, _Call):  # whose caller is told
            self._tell(reason)

    def _connection(self, state: _State) -> sqlite3.Connection:
        """Return the connection, opened at the first name that can be used."""
        if state.connection is not None and not os.path.exists(self.path):  # noqa: PTH110
            self._disconnect()  # SQLite leaves the log of a new file alone
            self._n_removed += 1
            self._tell(
                f"history: {shown_path(self.path)} was removed while it was in use; "
                "a new one is begun"
            )
        if state.connection is None:
            connection = self._open()
            try:
                (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
                self._is_slow = mode != "wal"
                with transaction(connection):
                    self._on_open(connection)
            except BaseException:  # such as a lock: the next try begins with `on_open` again
                connection.close()
                raise
            state.connection = connection
        return state.connection

    def _open(self) -> sqlite3.Connection:
        faults = []
        for path in candidates(self._wanted):
            if path in self._damaged:
                continue
            try:
                connection = open_database(path)
            except Unusable as error:
                faults.append(f"history: {shown_path(path)} {error}")
                continue
            self.path = path
            break
        for fault in faults:
            self._tell_unusable(fault)
        return connection

    def _handle(self, state: _State, error: sqlite3.Error) -> None:
        if is_damage(error):
            self._use_next_file(state)
        elif is_busy(error):
            self._wait_for_lock(state)
        else:
            self._leave_alone(state, _reason(error))

    def _wait_for_lock(self, state: _State) -> None:
        """Keep what is waiting for the next try; tell the user when that takes long."""
        fault = f"history: {shown_path(self.path)} is locked by another process"
        self._locked_since = self._locked_since or time.monotonic()
        if time.monotonic() - self._locked_since >= PATIENCE_S:
            self._tell(fault)
        waiting: list[Operation] = []
        late: list[Operation] = []
        for operation in state.waiting:
            is_late = isinstance(operation, _Call) and operation.is_late
            (late if is_late else waiting).append(operation)
        state.waiting = waiting[-_MOST_WAITING:]
        for operation in (*late, *waiting[:-_MOST_WAITING]):
            operation.drop(fault)

    def _use_next_file(self, state: _State) -> None:
        """Leave a damaged file as it is, and write to the next free name at once."""
        damaged = self.path
        self._damaged.add(damaged)
        self._disconnect()
        self._connection(state)
        self._tell_unusable(f"history: {shown_path(damaged)} is corrupt")
        self._write(state)

    def _tell_unusable(self, fault: str) -> None:
        self._tell(f"{fault}; it is left as it is, and the history goes on in {self.path.name}")

    def _leave_alone(self, state: _State, why: str) -> None:
        """Give up what is waiting, and leave the file alone for a while."""
        self._disconnect()
        fault = f"history: {shown_path(self.path)} cannot be written: {why}"
        self._pause = time.monotonic() + _PAUSE_S, fault
        self._tell(fault)
        self._give_up(state, fault)

    def _give_up(self, state: _State, reason: str) -> None:
        operations, state.waiting = state.waiting, []
        for operation in operations:
            operation.drop(reason)

    def _tell(self, fault: str) -> None:
        if fault not in self._told:
            self._told.add(fault)
            self._faults.put(fault)

    def _disconnect(self) -> None:
        connection, self._state.connection = self._state.connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _attempt(connection: sqlite3.Connection, operation: Operation) -> str | None:
    """Write one operation; return why it cannot be written, for reasons of its own."""
    connection.execute("SAVEPOINT operation")
    try:
        operation.write(connection)
    except sqlite3.IntegrityError as error:
        reason = f"history: an answer could not be kept: {error}"
    except sqlite3.Error:
        raise
    except Exception as error:  # what is kept comes from models, servers and users
        reason = f"history: an answer could not be kept: {type(error).__name__}: {error}"
    else:
        connection.execute("RELEASE operation")
        return None
    connection.execute("ROLLBACK TO operation")
    connection.execute("RELEASE operation")
    return reason


def _reason(error: sqlite3.Error) -> str:
    return "the disk is full" if code_of(error) == sqlite3.SQLITE_FULL else str(error)


_writers: WeakSet[HistoryWriter] = WeakSet()
"""All writers of this process: they end with it, and start over in a forked child."""


@atexit.register
def _close_all() -> None:
    deadline = time.monotonic() + CLOSE_S
    for writer in list(_writers):
        writer.close(max(0.0, deadline - time.monotonic()))


def _before_fork() -> None:
    for writer in list(_writers):
        writer.before_fork()


def _after_fork_in_parent() -> None:
    for writer in list(_writers):
        writer.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for writer in list(_writers):
        writer.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
