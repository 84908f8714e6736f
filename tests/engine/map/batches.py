"""A map's rows for the Batch API, as the tests submit them without a map."""

from __future__ import annotations

import queue
from contextlib import contextmanager
from dataclasses import dataclass, field

from chat_magic.engine.map.batch_executor import BatchExecutor
from chat_magic.engine.map.row_executor import MapLimits, MapPorts, PreparedRow
from chat_magic.engine.recorded_result import key_of
from chat_magic.engine.session import default_session
from chat_magic.store.rows import RowsFile
from tests.engine.calls import prepare
from tests.waiting import TIMEOUT_S


def forget_jobs():
    """Forget the jobs that are listed: those of batches stay after the call that started them."""
    session = default_session()
    for job in session.jobs.running():
        session.jobs.remove(job)


@contextmanager
def open_rows(path):
    """Open a resume file; no test finds the jobs of another one."""
    forget_jobs()
    with RowsFile(path) as rows_file:
        yield rows_file
    forget_jobs()


class Clock:
    """A clock that only runs while somebody sleeps.

    Args:
        on_sleep: Called with the number of each sleep, from 1, before it.
    """

    def __init__(self, on_sleep=lambda number: None):
        self.sleeps = []
        self._on_sleep = on_sleep

    def now(self):
        """Return the time."""
        return 2_000_000_000.0 + sum(self.sleeps)

    async def sleep(self, seconds):
        """Let the clock run."""
        self.sleeps.append(seconds)
        self._on_sleep(len(self.sleeps))


def rows_of(*texts, model="a/b", **fields):
    """Return prepared rows; equal texts are draws of one request."""
    draws = {}
    rows = []
    for position, messages in enumerate(texts):
        call = prepare(messages=messages, model=model, **fields)
        first = key_of(call.request, 0)
        draw = draws[first] = draws.get(first, -1) + 1
        key = key_of(call.request, draw)
        rows.append(PreparedRow(position=position, key=key, draw=draw, call=call))
    return rows


@dataclass
class BatchCall:
    """One call of a map: it submits the rows that the resume file lacks, and takes them back."""

    rows_file: object
    clock: Clock = field(default_factory=Clock)
    limits: MapLimits = field(default_factory=MapLimits)
    said: list = field(default_factory=list)
    arrivals: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)

    def __enter__(self):
        self.executor = BatchExecutor(self.clock.now, self.clock.sleep)
        ports = MapPorts(
            session=default_session(),
            limits=self.limits,
            rows_file=self.rows_file,
            put=self.arrivals.put,
            fail=self.arrivals.put,
            say=self.said.append,
        )
        self.executor.start(ports)
        return self

    def __exit__(self, *_):
        self.executor.close()

    def ask(self, rows):
        """Submit rows; return what arrives for each position, or raise why the call ended."""
        kept = self.rows_file.find([row.key for row in rows])
        missing = [row for row in rows if row.key not in kept]
        if missing:
            self.executor.submit(missing)
        self.executor.finish()
        return self.take(len(missing))

    def take(self, count):
        """Return the next rows by their position."""
        found = {}
        while len(found) < count:
            arrival = self.arrivals.get(timeout=TIMEOUT_S)
            if isinstance(arrival, Exception):
                raise arrival
            found[arrival.position] = arrival
        return found


def outcomes(found):
    """Return the text or the error of each row, in their order."""
    rows = [row for _, row in sorted(found.items())]
    return [str(row.error) if row.result is None else row.result.text for row in rows]
