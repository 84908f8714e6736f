"""One call of `chat_map`: it runs the map, and returns its table whatever becomes of it."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.answer_parquet import AnswerParquet, TokensParquet
from chat_magic.engine.map.frozen_heap import frozen_heap
from chat_magic.engine.map.row_executor import MapPorts
from chat_magic.engine.map.row_keeper import RowKeeper
from chat_magic.errors import ChatInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chat_magic.analysis.answer_frame import AnswerFrame
    from chat_magic.analysis.row_source import RowSource
    from chat_magic.engine.map.map_record import MapRecord
    from chat_magic.engine.map.map_run import MapRun
    from chat_magic.engine.map.resume_file import ResumeFile
    from chat_magic.engine.map.row_executor import MapLimits
    from chat_magic.engine.session import Session

__all__ = ["MapCall", "say"]

_INTERRUPTED = "the map was interrupted; .result has the rows that are done"


class MapCall:
    """A map with all that it needs.

    Args:
        session: The session whose connections and settings are used.
        source: The rows.
        sink: What makes the table, or writes its file.
        tokens: What writes the file of tokens, where there is one.
        run: The map itself.
        limits: How fast it may go.
        resume_file: What opens the resume file.
        record: Its line in the history.
        finish: Makes the result of the path of a complete file; by default it is the path.
    """

    def __init__(
        self,
        session: Session,
        source: RowSource,
        sink: AnswerFrame | AnswerParquet,
        tokens: TokensParquet | None,
        run: MapRun,
        limits: MapLimits,
        resume_file: ResumeFile,
        record: MapRecord,
        *,
        finish: Callable[[Path], Any] | None = None,
    ) -> None:
        self._session = session
        self._source = source
        self._sink = sink
        self._tokens = tokens
        self._run = run
        self._limits = limits
        self._resume = resume_file
        self._record = record
        self._finish = finish
        self._limits_met: list[str] = []

    def result(self) -> Any:
        """Run the map and return its table.

        Raises:
            ChatError: It ended early; `.result` is the table so far.
            ChatInterrupted: It was interrupted, likewise.
        """
        fault: BaseException | None = None
        try:
            with frozen_heap():
                self._ask()
            table = self._table(is_complete=True)
            return table if self._finish is None else self._finish(table)
        except KeyboardInterrupt as interrupt:
            fault = interrupt
            words = [_INTERRUPTED]
            words += filter(None, [self._run.executor.notice])
            error = ChatInterrupted("; ".join(words))
            error.result = self._table(is_complete=False)
            raise error from None
        except Exception as raised:  # also one that the data raise while they are read
            fault = raised
            with suppress(AttributeError):
                raised.result = self._table(is_complete=False)  # type: ignore[attr-defined]
            if notice := self._run.executor.notice:
                say(notice)
            raise
        finally:
            path = None if self._resume.is_required else self._resume.path
            self._record.end(self._run.counts, fault, path)
            if notice := self._run.requests.missing_notice:
                say(notice)
            self._resume.close(is_complete=fault is None)
            self._run.close_bar()

    def wait(self, _show: Any = None) -> Any:
        """Run the map, as the thread of a job waits for its task; see `result`."""
        return self.result()

    def cancel(self) -> None:
        """Stop the map at once, from another thread; what is done is kept."""
        self._run.take_later(ChatInterrupted(_INTERRUPTED))

    @property
    def task(self) -> MapCall:
        """What knows how far it is: itself."""
        return self

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return self._run.counts.elapsed_s

    @property
    def note(self) -> str:
        """How far it is, in words."""
        counts = self._run.counts
        return ", ".join(filter(None, [f"{counts.n_done:,} rows done", counts.words]))

    def _ask(self) -> None:
        first = self._resume.open_for(self._source.n_rows)
        has_files = self._resume.is_required
        for sink in (self._sink, self._tokens):
            if isinstance(sink, AnswerParquet | TokensParquet):
                sink.file.holder = first
        keeper = RowKeeper(
            self._run.take_later, say, first,
            has_draws=has_files, may_open=self._resume.may_open_later(self._source.n_rows),
        )  # fmt: skip
        self._say_notices()

        def open_later(n_read: int) -> None:
            if file := self._resume.open_for(n_read):
                keeper.open(file)
                self._say_notices()

        ports = MapPorts(
            session=self._session,
            limits=self._limits,
            rows_file=first,
            put=keeper.put,
            fail=self._run.take_later,
            note=self._note,
            say=say,
        )
        self._run.run(self._source.rows(), keeper, ports, open_later)

    def _note(self, limit: str) -> None:
        if limit not in self._limits_met:
            self._limits_met.append(limit)

    def _table(self, *, is_complete: bool) -> Any:
        """Return the table, or the path of its file, as far as the map has come."""
        if self._tokens is not None:
            self._tokens.result(is_complete=is_complete)
        if isinstance(self._sink, AnswerParquet):
            return self._sink.result(is_complete=is_complete)
        table = self._sink.result(is_complete=is_complete)
        facts = {**self._run.counts.facts(self._limits_met), **self._run.executor.facts}
        table.attrs = {**self._source.table().attrs, "chat_magic": facts}
        return table

    def _say_notices(self) -> None:
        notices, self._resume.notices[:] = list(self._resume.notices), []
        for words in notices:
            say(words)


def say(words: str) -> None:
    """Say something about the map, beside its result."""
    print(f"chat-magic: {words}", file=sys.stderr)
