"""One map from its first row to its last: it reads, keys and submits rows, and takes them back."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, Protocol

from chat_magic.analysis.answer_values import AnsweredRow
from chat_magic.engine.map.map_faults import AlikeFaults, ends_the_map
from chat_magic.engine.map.row_executor import FinishedRow, MapPorts, PreparedRow
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.map.map_counts import MapCounts
    from chat_magic.engine.map.row_executor import RowExecutor
    from chat_magic.engine.map.row_keeper import RowKeeper
    from chat_magic.engine.map.row_requests import RowRequests
    from chat_magic.view.live.map_bar import Progress

__all__ = ["MapRun", "OnError", "RowSink"]

OnError = Literal["keep", "raise", "skip"]
CHUNK = 32
"""Rows whose answers are put into columns together."""
_GROUP = 16
"""Rows that are keyed and submitted together, as long as they come quickly."""
_GROUP_S = 0.02
_TICK_S = 0.2
"""How often the thread wakes up, so that it notices an interrupt on every platform."""
_SHOW_S = 0.1


class RowSink(Protocol):
    """Takes the answers of a map."""

    def take(
        self, start: int, rows: Sequence[AnsweredRow], values: Sequence[Mapping[Any, Any]]
    ) -> None:
        """Take a chunk of rows: the position of the first, their answers, and their values."""


@dataclass
class _Chunk:
    """Rows of the data that follow each other, and what is known of them."""

    values: list[Mapping[Any, Any]] = field(default_factory=list)
    prefills: list[str] = field(default_factory=list)
    finished: dict[int, FinishedRow] = field(default_factory=dict)
    """By place in the chunk."""

    @property
    def is_complete(self) -> bool:
        return len(self.finished) == CHUNK

    def answered(self) -> list[AnsweredRow]:
        """Return its rows; those that are not finished have neither answer nor error."""
        return [self._answered(place) for place in range(len(self.prefills))]

    def _answered(self, place: int) -> AnsweredRow:
        row = self.finished.get(place)
        if row is None:
            return AnsweredRow()
        if row.result is None:
            return AnsweredRow(error=error_line(row.error))
        result = row.result
        return AnsweredRow(result.reply, result.usage, result.cost, self.prefills[place])


class MapRun:
    """The state of a map; one thread runs it, and executors return rows from any.

    Args:
        requests: Makes the request of a row.
        executor: Asks the rows.
        sinks: Take the answers.
        counts: Counts them.
        bar: Shows how far it is.
        on_error: What a row that fails does to the others.
        keeps_values: Whether a sink needs the values of the rows.
    """

    def __init__(
        self,
        requests: RowRequests,
        executor: RowExecutor,
        sinks: Sequence[RowSink],
        counts: MapCounts,
        bar: Progress,
        *,
        on_error: OnError = "keep",
        keeps_values: bool = False,
    ) -> None:
        self.requests = requests
        """What makes the requests."""
        self.executor = executor
        """What asks the rows."""
        self._sinks = sinks
        self.counts = counts
        """How far it is."""
        self._bar = bar
        self._on_error = on_error
        self._keeps_values = keeps_values
        self._arrivals: SimpleQueue[FinishedRow | BaseException] = SimpleQueue()
        self._chunks: dict[int, _Chunk] = {}
        self._group: list[tuple[int, ChatRequest]] = []
        self._n_read = 0
        self._n_open = 0
        self._alike = AlikeFaults()
        self._fault: BaseException | None = None
        self._grouped_s = self._shown_s = -1.0

    def take_later(self, arrival: FinishedRow | BaseException) -> None:
        """Take a finished row, or the reason to end; any thread may call it."""
        self._arrivals.put(arrival)

    def run(
        self,
        rows: Iterator[Mapping[Any, Any]],
        keeper: RowKeeper,
        ports: MapPorts,
        on_row: Callable[[int], None],
    ) -> None:
        """Ask all rows.

        Args:
            rows: Them.
            keeper: Keys them, and keeps the finished ones.
            ports: What the executor gets.
            on_row: Called with the number of rows that were read, before each is asked.

        Raises:
            ChatError: No further row could pass, or a row failed where that is to be raised.
            KeyboardInterrupt: It was interrupted.
        """
        self._keeper = keeper
        self.executor.start(ports)
        try:
            self._ask_all(rows, on_row)
        except KeyboardInterrupt:
            self.executor.close()
            raise
        except BaseException:
            self.executor.drain()
            raise
        finally:
            self.executor.close()
            keeper.close()
            self._take_all()
            self._close_chunks()
            self._show(is_last=True)
        if self._fault is not None:
            raise self._fault

    def _ask_all(self, rows: Iterator[Mapping[Any, Any]], on_row: Callable[[int], None]) -> None:
        for values in rows:
            on_row(self._n_read + 1)
            self._read(values)
            self._take_all()
            if self._n_open >= self.executor.capacity:
                self._submit()
                self._wait_for_room()
            if self._fault is not None:
                break
        if self._fault is None:
            self._submit()
            self.executor.finish()
        while self._fault is None and self._n_open:
            self._wait()
        if isinstance(self._fault, KeyboardInterrupt):  # cancelled: nothing is waited for
            raise self._fault
        if self._fault is not None:
            self.executor.drain()
        elif self._alike.n_rows == self._n_read and isinstance(self._alike.first, InvalidRequest):
            self._fault = self._alike.first

    def _read(self, values: Mapping[Any, Any]) -> None:
        """Make the request of a row; one that cannot be made fails at once."""
        position, self._n_read = self._n_read, self._n_read + 1
        chunk = self._chunks.setdefault(position // CHUNK, _Chunk())
        chunk.prefills.append("")
        if self._keeps_values:
            chunk.values.append(values)
        self._n_open += 1
        try:
            request = self.requests.read(values)
        except InvalidRequest as error:
            self._take(FinishedRow(position=position, key="", error=error))
            return
        self._group.append((position, request))
        now_s = time.monotonic()
        if len(self._group) >= _GROUP or now_s - self._grouped_s > _GROUP_S:
            self._submit()

    def _submit(self) -> None:
        """Complete and key the rows that were read, and submit those that are not kept."""
        self._grouped_s = time.monotonic()
        group, self._group = self._group, []
        calls = []
        for position, request in group:
            try:
                call = self.requests.prepare(request)
            except InvalidRequest as error:
                if self.requests.first is None:
                    raise
                self._take(FinishedRow(position=position, key="", error=error))
            else:
                calls.append((position, call))
                self._chunks[position // CHUNK].prefills[position % CHUNK] = call.request.prefill
        identities = self._keeper.identify([call.request for _, call in calls])
        kept = self._keeper.find([key for key, _ in identities])
        prepared = []
        for (position, call), (key, draw) in zip(calls, identities, strict=True):
            if (result := kept.get(key)) is not None:
                self._take(
                    FinishedRow(
                        position=position, key=key, result=result, is_kept=True, is_resumed=True
                    )
                )
            else:
                prepared.append(PreparedRow(position=position, key=key, draw=draw, call=call))
        if prepared:
            self.executor.submit(prepared)

    def _wait(self) -> None:
        """Wait for a finished row, and take all there are."""
        with suppress(Empty):
            self._take(self._arrivals.get(timeout=_TICK_S))
        self._take_all()

    def _wait_for_room(self) -> None:
        """Wait until a group of rows can be read at once: each wakes the loop, which is busy."""
        room = max(1, min(_GROUP, self.executor.capacity // 4))
        while self._fault is None and self._n_open > self.executor.capacity - room:
            self._wait()
        self._grouped_s = time.monotonic()

    def _take_all(self) -> None:
        while not self._arrivals.empty():
            self._take(self._arrivals.get())

    def _take(self, arrival: FinishedRow | BaseException) -> None:
        """Count a row, and hand on its chunk if that is complete."""
        if isinstance(arrival, BaseException):
            self._fault = self._fault or arrival
            return
        number, place = divmod(arrival.position, CHUNK)
        chunk = self._chunks[number]
        if place in chunk.finished:
            return
        chunk.finished[place] = arrival
        self._n_open -= 1
        self.counts.add(arrival)
        if not arrival.is_resumed:
            self._judge(arrival.error)
        if chunk.is_complete:
            self._close_chunk(number)
        self._show()

    def _judge(self, error: Exception | None) -> None:
        """End the map where an error says that no row can pass, or is to be raised."""
        is_general = self._alike.add(error)
        if error is None or self._fault is not None:
            return
        if is_general:
            self._fault = self._alike.first
        elif self._on_error == "raise" or ends_the_map(error):
            self._fault = error

    def _close_chunk(self, number: int) -> None:
        chunk = self._chunks.pop(number)
        answered = chunk.answered()
        for sink in self._sinks:
            sink.take(number * CHUNK, answered, chunk.values)

    def _close_chunks(self) -> None:
        """Hand on the chunks that are left, whatever is missing in them."""
        for number in sorted(self._chunks):
            self._close_chunk(number)

    def close_bar(self) -> None:
        """End the bar."""
        self._bar.close()

    def _show(self, *, is_last: bool = False) -> None:
        now_s = time.monotonic()
        if is_last or now_s - self._shown_s > _SHOW_S:
            self._shown_s = now_s
            self._bar.update(self.counts.n_done, self.counts.words)


def error_line(error: Exception | None) -> str:
    """Return an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__
