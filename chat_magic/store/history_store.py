"""The history of one file: executions are written as they run, looked up, starred and forgotten."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections import deque
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.store.cached_answers import (
    forget_unowned,
    latest_requests,
    read_cached,
    write_cached,
)
from chat_magic.store.cell_versions import place_in_session, place_of, version_ids
from chat_magic.store.database import Unusable, has_full_text, is_migrated, open_for_reading
from chat_magic.store.execution import EndedExecution
from chat_magic.store.history_files import shown_path
from chat_magic.store.history_query import STALE_S, Condition, read_query
from chat_magic.store.history_rows import (
    add_to_journal,
    add_up,
    complete,
    insert,
    last_complete_ids,
    list_rows,
    matching_ids,
    newest_id,
    read_execution,
    renew,
    versions_on,
)
from chat_magic.store.history_writer import HistoryWriter
from chat_magic.store.journal import pack
from chat_magic.store.retention import forget, prune, size_of
from chat_magic.store.scrub import ask_for_scrub, is_scrubbed, scrub
from chat_magic.store.turns import ThreadStore, add_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chat_magic.core.reply.history_row import HistoryRow
    from chat_magic.store.cell_versions import CellExecution
    from chat_magic.store.execution import StartedExecution, StoredExecution
    from chat_magic.store.journal import Entry
    from chat_magic.store.recording import Recording
    from chat_magic.store.turns import ThreadPlace

__all__ = ["HistoryStore", "WrittenExecution"]

T = TypeVar("T")

RENEW_S = 5.0
"""How often a session that runs something says so."""
FLUSH_S = 5.0
"""How long a look-up waits for what this process has not written yet."""
_FORGET_S = 60.0
"""How long deleting may take."""
SCRUB_S = 2.0
"""How long deleting waits until what it leaves is overwritten; after that, it is done meanwhile."""
_LARGE = 20_000_000
"""Bytes of a history that is not waited for."""
_PRUNE_S = 600.0
"""How often the size is looked at."""


class WrittenExecution:
    """An execution that is being written: the task that runs it adds what arrives.

    Args:
        store: The store that it belongs to.
        start: Makes what is known at the start; called on the writer's thread.
        on_number: Called on that thread with the number, or with None if there is none.
    """

    def __init__(
        self,
        store: HistoryStore,
        start: Callable[[], StartedExecution],
        on_number: Callable[[int | None], None],
    ) -> None:
        self.arrivals: deque[Entry | Callable[[], Entry]] = deque()
        """What has arrived and is not in the journal yet; the task appends to it.

        A request is encoded only when it is written, on the writer's thread: most answers have
        ended before.
        """
        self.turn: tuple[ThreadPlace, int] | None = None
        """The conversation that it is a turn of once it has ended, and its position there."""
        self._store = store
        self._start = start
        self._on_number = on_number
        self._packed: list[bytes] = []
        self._number: int | None = None
        self._place: object = None
        """The file, or the try to write it, in which `_number` counts."""

    def end(self, end: Callable[[], EndedExecution]) -> None:
        """Complete the row; `end` is called on the writer's thread."""
        self._store.end(self, end)

    def write(self, connection: sqlite3.Connection) -> None:
        """Insert the row, unless the file has it already."""
        self.number_in(connection)

    def committed(self) -> None:
        """Note the number, which is final now."""
        self._packed = []
        if self._number is not None:
            self._place = self._store.writer.place
            self._on_number(self._number)

    def drop(self, _reason: str) -> None:
        """Go on without a row."""
        self._packed = []
        self._on_number(None)

    def number_in(self, connection: sqlite3.Connection) -> int:
        """Return the number of the row, which is inserted if this file lacks it."""
        writer = self._store.writer
        if self._number is None or self._place not in (writer.place, writer.n_tries):
            self._number = insert(connection, self._store.session_key, self._start())
            self._place = writer.n_tries
        return self._number

    def write_journal(self, connection: sqlite3.Connection) -> None:
        """Write what has arrived since the last time."""
        entries = []
        with suppress(IndexError):  # the loop appends, and clears at the end
            while True:
                entry = self.arrivals.popleft()
                entries.append(entry() if callable(entry) else entry)
        if entries:
            self._packed.append(pack(entries))
        if self._packed:
            add_to_journal(connection, self.number_in(connection), self._packed)


class _End:
    """The end of an execution, to be written."""

    def __init__(self, execution: WrittenExecution, end: Callable[[], EndedExecution]) -> None:
        self._execution = execution
        self._end = end
        self.committed = execution.committed
        self.drop = execution.drop

    def write(self, connection: sqlite3.Connection) -> None:
        number = self._execution.number_in(connection)
        complete(connection, number, self._end())
        if self._execution.turn is not None:
            add_turn(connection, *self._execution.turn, number)


class _Cached:
    """An answer for the cache, to be written."""

    def __init__(self, recording: Recording, execution: WrittenExecution | None) -> None:
        self._recording = recording
        self._execution = execution

    def write(self, connection: sqlite3.Connection) -> None:
        number = None if self._execution is None else self._execution.number_in(connection)
        write_cached(connection, self._recording, number)

    def committed(self) -> None:
        if self._execution is not None:
            self._execution.committed()

    def drop(self, reason: str) -> None:
        pass


class _Tick:
    """What is written every second while something runs."""

    def __init__(self, store: HistoryStore, running: Sequence[WrittenExecution]) -> None:
        self._store = store
        self._running = running

    def write(self, connection: sqlite3.Connection) -> None:
        self._store.renew(connection)
        for execution in self._running:
            execution.write_journal(connection)

    def committed(self) -> None:
        for execution in self._running:
            execution.committed()

    def drop(self, reason: str) -> None:
        pass


class HistoryStore:
    """The history of one file, for one process.

    Args:
        path: The file; another name is taken where it is damaged or of a newer version.
        replay: Returns the end of an execution whose process was killed, from what had arrived;
            None if nothing can be told.
        without_tokens: Returns a result's JSON without its token tables.
    """

    def __init__(
        self,
        path: Path,
        *,
        replay: Callable[[StoredExecution], EndedExecution | None],
        without_tokens: Callable[[str], str],
    ) -> None:
        self.session_key = uuid.uuid4().hex
        self.limits: tuple[float, float | None] = (512.0, None)
        """The megabytes, and the days, past which the oldest executions are dropped."""
        self._replay = replay
        self._without_tokens = without_tokens
        self._running: set[WrittenExecution] = set()
        self._renewed_s = 0.0
        self._pruned_s = 0.0
        self.is_scrubbed = True
        """Whether nothing is left in the file of what was forgotten, as far as is known here."""
        self._scrubbing: Iterator[bool] | None = None
        self.writer = HistoryWriter(
            path,
            on_open=self._on_open,
            make_tick=lambda: _Tick(self, tuple(self._running)),
            on_idle=self._maintain,
            is_active=lambda: bool(self._running) or not self.is_scrubbed,
        )
        """The thread that writes."""
        self.threads = ThreadStore(self.writer)
        """The conversations."""

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self.writer.path

    def start(
        self,
        start: Callable[[], StartedExecution],
        on_number: Callable[[int | None], None] = lambda _number: None,
    ) -> WrittenExecution:
        """Write the start of an execution; the arguments are those of `WrittenExecution`."""
        execution = WrittenExecution(self, start, on_number)
        self._running.add(execution)
        self.writer.submit(execution)
        return execution

    def end(self, execution: WrittenExecution, end: Callable[[], EndedExecution]) -> None:
        """Complete the row of an execution; `end` is called on the writer's thread."""
        self._running.discard(execution)
        execution.arrivals.clear()
        self.writer.submit(_End(execution, end))

    def cache(self, recording: Recording, execution: WrittenExecution | None) -> None:
        """Keep an answer for equal requests; it is forgotten with its execution."""
        self.writer.submit(_Cached(recording, execution))

    def cached(self, key: str) -> Recording | None:
        """Return the answer in the cache; raises what `load` raises if it cannot be read."""
        return self._read(lambda connection: read_cached(connection, key), None)

    def cached_requests(self, limit: int) -> list[dict[str, Any]]:
        """Return the requests of the newest answers in the cache; raises as `cached`."""
        return self._read(lambda connection: latest_requests(connection, limit), [])

    def last_of_cells(self, notebook: str | None) -> list[StoredExecution]:
        """Return the last complete execution of each cell of this session, or of a notebook.

        Executions without a cell's id are each their own; the oldest comes first.

        Args:
            notebook: The notebook's path; None where it is not known.

        Raises:
            ChatError: The history cannot be read.
        """
        now = datetime.now(UTC)

        def read(connection: sqlite3.Connection) -> list[StoredExecution]:
            numbers = last_complete_ids(connection, self.session_key, notebook)
            found = (read_execution(connection, number, now) for number in numbers)
            return [execution for execution in found if execution is not None]

        return self._read(read, [])

    def search(
        self, query: str = "", *, limit: int = 50, notebook: str | None = None
    ) -> list[HistoryRow]:
        """Return the newest executions that match a query, the newest first.

        Args:
            query: As `read_query` reads it.
            limit: How many at most.
            notebook: The path of the notebook that `notebook:this` means.

        Raises:
            InvalidRequest: The query is not valid.
            ChatError: The history cannot be read.
        """
        now = datetime.now(UTC)
        read_query(query, now=now, notebook=notebook)  # an error also where there is no file

        def read(connection: sqlite3.Connection) -> list[HistoryRow]:
            condition = self._condition(connection, query, now, notebook)
            return list_rows(connection, condition, now=now, limit=limit)

        return self._read(read, [])

    def load(self, number: int) -> StoredExecution:
        """Return an execution; -1 is the latest, -2 the one before it.

        Raises:
            InvalidRequest: There is no such execution.
            ChatError: The history cannot be read.
        """
        now = datetime.now(UTC)

        def read(connection: sqlite3.Connection) -> StoredExecution | None:
            wanted = newest_id(connection, -number) if number < 0 else number
            return None if wanted is None else read_execution(connection, wanted, now)

        found = self._read(read, None)
        if found is None:
            raise InvalidRequest(f"history: there is no {_name(number)}")
        return found

    def versions(self, number: int) -> list[HistoryRow]:
        """Return the versions of the cell of an execution, the newest first; empty without a cell.

        Raises:
            InvalidRequest: There is no such execution.
            ChatError: The history cannot be read.
        """
        wanted = self.load(number).row.id
        return self._versions(lambda connection: place_of(connection, wanted))

    def versions_of_cell(self, cell_id: str, notebook: str | None) -> list[HistoryRow]:
        """Return the versions of a cell of this kernel session, the newest first.

        Args:
            cell_id: The cell's id.
            notebook: The notebook's path, as far as it is known.

        Raises:
            ChatError: The history cannot be read.
        """
        return self._versions(
            lambda connection: place_in_session(connection, self.session_key, notebook, cell_id)
        )

    def _versions(self, place: Callable[[sqlite3.Connection], CellExecution]) -> list[HistoryRow]:
        now = datetime.now(UTC)

        def read(connection: sqlite3.Connection) -> list[HistoryRow]:
            numbers = version_ids(connection, place(connection), cache(_exists))
            condition = Condition().and_(f"e.id IN ({', '.join(map(str, numbers))})")
            return list_rows(connection, condition, now=now, limit=len(numbers))

        return self._read(read, [])

    def star(self, number: int, note: str = "") -> None:
        """Mark an execution, which pruning keeps then; raises what `load` raises."""
        self._update(number, "starred = 1, note = ?", note)

    def unstar(self, number: int) -> None:
        """Take back the mark and the note of an execution; raises what `load` raises."""
        self._update(number, "starred = 0, note = ''")

    def matching(self, query: str, *, notebook: str | None = None) -> list[int]:
        """Return the numbers of all executions that match a query; raises what `search` raises."""
        now = datetime.now(UTC)
        return self._read(
            lambda connection: matching_ids(
                connection, self._condition(connection, query, now, notebook)
            ),
            [],
        )

    def versions_on(self, rows: bytes) -> set[bytes]:
        """Return the versions that were checked on rows; digests, as in `RowUse`.

        Raises:
            ChatError: The history cannot be read.
        """
        return self._read(lambda connection: versions_on(connection, rows), set())

    def usage(
        self, query: str, by: Sequence[str], *, notebook: str | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the usage of the executions that match, as `add_up` does; raises as `search`."""
        return self._read(
            lambda connection: add_up(
                connection, self._condition(connection, query, datetime.now(UTC), notebook), by
            ),
            [],
        )

    def forget(self, numbers: Sequence[int]) -> int:
        """Delete executions; return how many there were.

        No look-up finds them any more. What they leave in the file is overwritten soon after, at
        the latest when the history is opened again; `is_scrubbed` says whether it is.

        Raises:
            ChatError: The history cannot be written.
        """
        return self._delete(lambda connection: forget(connection, numbers))

    def forget_unowned(self) -> None:
        """Delete the cached answers whose executions are not kept; see `forget`."""
        self._delete(forget_unowned)

    def _delete(self, delete: Callable[[sqlite3.Connection], T]) -> T:

        def write(connection: sqlite3.Connection) -> tuple[T, bool]:
            deleted = delete(connection)
            ask_for_scrub(connection)
            self.is_scrubbed = False
            return deleted, size_of(connection) > _LARGE

        deleted, is_large = self.writer.call(write, _FORGET_S)
        until_s = time.monotonic() + (0 if is_large else SCRUB_S)
        while not self.is_scrubbed and time.monotonic() < until_s:
            time.sleep(0.002)  # an interrupt here leaves no lock held
        return deleted

    def close(self) -> None:
        """Write what is left, and end the thread; a further call starts another."""
        self.writer.close()

    def flush(self) -> None:
        """Wait until what this process has submitted is written."""
        self.writer.flush(FLUSH_S)

    def renew(self, connection: sqlite3.Connection) -> None:
        """Note now and then that this session is alive."""
        if time.monotonic() - self._renewed_s >= RENEW_S:
            renew(connection, self.session_key, time.time())
            self._renewed_s = time.monotonic()

    def _read(self, read: Callable[[sqlite3.Connection], T], default: T) -> T:
        """Read what is written, this process's own included."""
        self.flush()
        if not self.path.exists():
            return default
        try:
            with closing(open_for_reading(self.path)) as connection:
                if not is_migrated(connection) or _has_killed(connection):
                    with suppress(ChatError):  # what can only be read is read
                        self.writer.call(self._recover, FLUSH_S)
                return read(connection)
        except Unusable as error:
            raise ChatError(f"history: {shown_path(self.path)} {error}") from error
        except sqlite3.Error as error:
            raise ChatError(f"history: {shown_path(self.path)} cannot be read: {error}") from error

    def _condition(
        self, connection: sqlite3.Connection, query: str, now: datetime, notebook: str | None
    ) -> Condition:
        full_text = has_full_text(connection)
        return read_query(query, now=now, notebook=notebook, full_text=full_text)

    def _update(self, number: int, change: str, *values: str) -> None:
        wanted = self.load(number).row.id
        self.writer.call(
            lambda connection: connection.execute(
                f"UPDATE executions SET {change} WHERE id = ?",  # noqa: S608 - our words
                (*values, wanted),
            ),
            FLUSH_S,
        )

    def _on_open(self, connection: sqlite3.Connection) -> None:
        renew(connection, self.session_key, time.time())
        self._recover(connection)
        self._scrubbing, self.is_scrubbed = None, is_scrubbed(connection)

    def _recover(self, connection: sqlite3.Connection) -> None:
        """Complete the rows of killed processes from their journals."""
        now = datetime.now(UTC)
        for number in _killed(connection):
            complete(connection, number, self._end_of_killed(connection, number, now))

    def _end_of_killed(
        self, connection: sqlite3.Connection, number: int, now: datetime
    ) -> EndedExecution:
        """Return the end of an execution by its journal; one that cannot be read has no result."""
        try:
            execution = read_execution(connection, number, now)
            ended = self._replay(execution) if execution else None
        except sqlite3.Error:
            raise
        except Exception:  # whatever the journal holds, the other rows are kept
            ended = None
        return ended or EndedExecution(
            status="interrupted",
            ended_s=now.timestamp(),
            result=None,
            error="the kernel was stopped, and what had arrived cannot be read",
        )

    def _maintain(self, connection: sqlite3.Connection) -> bool:
        """Do some of what can wait; return whether there is more to do at once."""
        if not self.is_scrubbed:
            return self._scrub(connection)
        if time.monotonic() - self._pruned_s >= _PRUNE_S or not self._pruned_s:
            self._pruned_s = time.monotonic()
            most_mb, days = self.limits
            before_s = None if days is None else time.time() - days * 86_400
            prune(
                connection,
                most_mb=most_mb,
                before_s=before_s,
                without_tokens=self._without_tokens,
            )
        return False

    def _scrub(self, connection: sqlite3.Connection) -> bool:
        """Take a step of overwriting what was deleted; return whether more can follow at once."""
        self._scrubbing = self._scrubbing or scrub(connection)
        can_go_on = next(self._scrubbing, None)
        if can_go_on is None:
            self._scrubbing, self.is_scrubbed = None, is_scrubbed(connection)
        return can_go_on is not False


_KILLED = (
    "SELECT e.id FROM executions e JOIN sessions s ON s.id = e.session_id "
    "WHERE e.status = 'running' AND s.seen_s < ?"
)


def _killed(connection: sqlite3.Connection) -> list[int]:
    """Return the running executions whose session is not seen any more."""
    rows = connection.execute(_KILLED, (time.time() - STALE_S,))
    return [number for (number,) in rows]


def _has_killed(connection: sqlite3.Connection) -> bool:
    return bool(_killed(connection))


def _exists(path: str) -> bool | None:
    """Whether a notebook exists; a relative path is one below a folder that is not known."""
    return Path(path).exists() if Path(path).is_absolute() else None


def _name(number: int) -> str:
    return f"execution {number} from the end" if number < 0 else f"#{number}"
