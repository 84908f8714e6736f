"""The cassettes of a session, and what the history fills a new one with."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chat_magic.core.reply.recorded_answer import is_whole
from chat_magic.core.request.request import read_sent
from chat_magic.core.request.request_key import DrawCounter
from chat_magic.engine.execution_rows import stored_result
from chat_magic.engine.recorded_result import current_defaults, key_of, recording_of
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.store.cassette import Cassette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.session import Session
    from chat_magic.store.execution import StoredExecution
    from chat_magic.store.recording import Recording

__all__ = ["CassetteShelf", "recordings_of"]


class CassetteShelf:
    """The cassettes of a session, one for each file.

    Args:
        session: The session, whose notebook relative paths are beside.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[Path, Cassette] = {}

    def path_of(self, name: str) -> Path:
        """Return the path of a cassette, which is relative to the notebook's folder where known."""
        path = Path(name).expanduser()
        notebook = self._session.history.locate().notebook
        path = (path if notebook is None else Path(notebook).parent / path).absolute()
        return path.resolve() if ".." in path.parts else path

    def open(self, name: str, *, may_write: bool = True) -> Cassette:
        """Return a cassette; a new file is filled from the history.

        Args:
            name: Its path.
            may_write: Whether a new file is made.

        Raises:
            ChatError: The file cannot be read or written.
        """
        path = self.path_of(name)
        if path not in self._open:
            self._open[path] = Cassette(path)
        cassette = self._open[path]
        if may_write and not cassette.exists:
            cassette.append(self._from_history(), current_defaults(self._session))
        return cassette

    def _from_history(self) -> list[Recording]:
        """Return the last complete answers of the cells of this notebook, as far as they can be."""
        recordings: dict[str, Recording] = {}
        with suppress(ChatError):  # without a history there are none
            history = self._session.history
            for execution in history.store().last_of_cells(history.locate().notebook):
                with suppress(InvalidRequest):
                    recordings |= {one.key: one for one in recordings_of(execution)}
        return list(recordings.values())


def recordings_of(execution: StoredExecution) -> Iterator[Recording]:
    """Yield the answers of an execution as they are recorded: of each run, and round of tools.

    Raises:
        InvalidRequest: It has no result, or one that cannot be read.
    """
    result = stored_result(execution)
    runs = result.results if isinstance(result, ChatResults) else [result] if result else []
    draws = DrawCounter()
    for run, asked in zip(runs, execution.runs, strict=False):
        first = replace(read_sent(json.loads(asked.request)), model=asked.model)
        draw = draws.next_draw(key_of(first, 0))
        for round_ in _rounds(run, first):
            if is_whole(round_.reply, round_.request.n):
                yield recording_of(round_, draw, None, execution.row.started_s)


def _rounds(run: ChatResult, first: ChatRequest) -> Iterator[ChatResult]:
    """Yield each round of an answer as the result of a request of its own."""
    count = len(first.messages)
    for number, done in enumerate(run.rounds):
        messages = run.request.messages[:count]
        request = first if number == 0 else replace(run.request, messages=messages)
        yield ChatResult(request, done.reply, done.timing, done.reply.warnings)
        count += 1 + len(done.tool_runs)
    yield replace(run, rounds=(), cost=None if run.rounds else run.cost)
