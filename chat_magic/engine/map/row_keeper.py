"""The keys of a map's rows, and its resume file: what is finished is kept before it is counted."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING

from chat_magic.core.request.request_key import DrawCounter
from chat_magic.engine.map.row_answer import decode_answer, encode_answer
from chat_magic.engine.recorded_result import key_of
from chat_magic.errors import InvalidRequest
from chat_magic.store.rows import RowsFault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.map.row_executor import FinishedRow
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.rows import RowsFile

__all__ = ["RowKeeper"]

GROUP_S = 0.02
"""How long a commit waits for further rows."""


class RowKeeper:
    """Keeps finished rows in the resume file, and then hands them on.

    Args:
        forward: Takes each row that is kept, or that needs not be; any thread calls it.
        on_fault: Told that the file cannot be written; the map continues without it.
        rows_file: The file, where there is one; see `open` too.
        has_draws: Whether the file counts equal requests, so that memory does not grow with them.
        may_open: Whether a file may be opened later, for the rows that are finished by then too.
    """

    def __init__(
        self,
        forward: Callable[[FinishedRow], None],
        on_fault: Callable[[str], None],
        rows_file: RowsFile | None = None,
        *,
        has_draws: bool = False,
        may_open: bool = False,
    ) -> None:
        self._forward = forward
        self._on_fault = on_fault
        self._file = rows_file
        self._draws = DrawCounter()
        self._has_draws = has_draws
        self._queue: SimpleQueue[FinishedRow | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._switch = threading.Lock()
        """Held while a file takes over."""
        self._early: list[FinishedRow] | None = [] if may_open else None
        if rows_file is not None:
            self.open(rows_file)

    def open(self, rows_file: RowsFile) -> None:
        """Keep rows in this file from now on."""
        thread = threading.Thread(target=self._write, name="chat-magic rows", daemon=True)
        with self._switch:
            self._file, self._thread = rows_file, thread
            early, self._early = self._early or [], None
        self._commit(early)
        thread.start()

    def identify(self, requests: Sequence[ChatRequest]) -> list[tuple[str, int]]:
        """Return the key and the draw of each request, the next ones in the data's order."""
        keys = [key_of(request, 0) for request in requests]
        if self._file is not None and self._has_draws:
            draws = self._file.next_draws(keys)
        else:
            draws = list(map(self._draws.next_draw, keys))
        return [
            (key_of(request, draw) if draw else key, draw)
            for request, key, draw in zip(requests, keys, draws, strict=True)
        ]

    def find(self, keys: Sequence[str]) -> dict[str, ChatResult]:
        """Return the answers that are kept; one that cannot be read is asked again."""
        if self._file is None:
            return {}
        found: dict[str, ChatResult] = {}
        for key, content in self._file.find(keys).items():
            try:
                found[key] = decode_answer(content)
            except InvalidRequest:
                continue
        return found

    def put(self, row: FinishedRow) -> None:
        """Keep a row if it was answered, then hand it on; returns at once, in any thread."""
        with self._switch:
            is_kept_later = self._thread is not None and not row.is_kept and row.result is not None
            if self._early is not None:
                self._early.append(row)
        (self._queue.put if is_kept_later else self._forward)(row)

    def close(self) -> None:
        """Wait until everything is written and handed on."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _write(self) -> None:
        is_open = True
        while is_open:
            group = [self._queue.get()]
            time.sleep(GROUP_S)
            while not self._queue.empty():
                group.append(self._queue.get())
            is_open = None not in group
            self._keep([row for row in group if row is not None])

    def _keep(self, rows: Sequence[FinishedRow]) -> None:
        """Commit rows together, and hand them on."""
        self._commit(rows)
        for row in rows:
            self._forward(row)

    def _commit(self, rows: Sequence[FinishedRow]) -> None:
        encoded = []
        for row in rows:
            if row.result is not None:
                try:
                    encoded.append((row.key, encode_answer(row.result)))
                except InvalidRequest:  # it is in the table, and asked again after a crash
                    continue
        try:
            if encoded and self._file is not None:
                self._file.put(encoded)
        except RowsFault as fault:
            self._on_fault(f"the resume file cannot be written: {fault}")
