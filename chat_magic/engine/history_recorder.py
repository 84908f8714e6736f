"""The history of a session: where it is, whether it is on, and the records of what runs."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.unset import UNSET
from chat_magic.engine.execution_record import (
    KEEP_BY_SETTING,
    NOT_RECORDED,
    ExecutionRecord,
    HistoryOptions,
    Record,
)
from chat_magic.engine.threads import Threads, Turn, check_name
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.history_number import HistoryNumber
from chat_magic.transport.environment_path import path_by_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.engine.execution_rows import Origin
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.store.execution import StartedExecution
    from chat_magic.store.history_store import HistoryStore
    from chat_magic.transport.configuration import Configuration

__all__ = ["CellPlace", "HistoryRecorder"]


@dataclass(frozen=True, kw_only=True)
class CellPlace:
    """The cell that is running, as far as the front end tells."""

    notebook: str | None = None
    """The path of the notebook."""
    cell_id: str | None = None
    source: str | None = None
    """The text of the cell."""
    run: str | None = None
    """What tells this execution of the cell from others."""
    is_watched: bool = True
    """Whether a person uses the notebook, not a program that executes it."""


def _nowhere() -> CellPlace:
    return CellPlace()


class HistoryRecorder:
    """Keeps what a session sends and receives, unless the settings turn that off.

    Args:
        configuration: The settings of the session.
        before_exit: Ends what still runs when the process ends, so that its end is kept too.
    """

    def __init__(self, configuration: Configuration, before_exit: Callable[[], None]) -> None:
        self._configuration = configuration
        self._before_exit = before_exit
        self._default_path = path_by_environment(_PLACES, _data_path)
        self.locate: Callable[[], CellPlace] = _nowhere
        """Returns the cell that is running; the shell's extension knows it."""
        self.announce: Callable[[str], None] = _to_stderr
        """Says once where the history is; in a kernel it is printed above the answer."""
        self.find_window: Callable[[PreparedCall], int | None] = lambda _call: None
        """Returns the tokens that the model of a call can read; the session knows it."""
        self.threads = Threads(self.store)
        """The conversations over several cells."""

    def record(
        self,
        kind: str,
        calls: Sequence[PreparedCall],
        options: HistoryOptions,
        axes: Sequence[Axis] = (),
    ) -> Record:
        """Begin the record of an execution: one that is not kept where the history is off.

        Args:
            kind: `answer`, `grid` or `map`.
            calls: What is sent.
            options: How it is kept.
            axes: Of the grid.
        """

        def start(origin: Origin) -> StartedExecution:
            from chat_magic.engine.execution_rows import start_of

            return start_of(kind, calls, origin, axes)

        return self.begin(start, calls, options)

    def begin(
        self,
        start: Callable[[Origin], StartedExecution],
        calls: Sequence[PreparedCall] = (),
        options: HistoryOptions = KEEP_BY_SETTING,
    ) -> Record:
        """Begin the record of an execution; see `record`.

        Args:
            start: Makes what is known at the start, of where it was started.
            calls: What is sent, where it is a turn of a conversation.
            options: How it is kept.
        """
        place = self.locate()
        if not self.is_on(place, options.keep):
            return NOT_RECORDED
        from chat_magic.engine.execution_rows import Origin

        store = self._opened()
        number = HistoryNumber()
        origin = Origin(
            started_s=time.time(),
            notebook=place.notebook,
            cell_id=place.cell_id,
            source=place.source if options.source is None else options.source,
            thread=None if options.turn is None else options.turn.place.thread,
            row_use=options.row_use,
        )
        execution = store.start(lambda: start(origin), number.set)
        faults = _told(store.writer.take_faults())
        turn = options.turn
        if turn is not None:
            turn = replace(turn, window=self.find_window(calls[0]))
            turn.begin()
        return ExecutionRecord(execution, number, faults, turn)

    def next_turn(self, thread: str, keep: bool | None = None) -> Turn:
        """Return the turn of a conversation that the running cell asks.

        Args:
            thread: The name of the conversation.
            keep: Whether the execution is kept; by default the setting decides.

        Raises:
            InvalidRequest: It cannot be asked, or the history is off.
            ChatError: The history cannot be used.
        """
        place = self.locate()
        check_name(thread)
        if not self.is_on(place, keep):
            raise InvalidRequest(
                f"thread {thread}: a conversation is kept in the history, which is off here; "
                "%config ChatMagics.history = True or CHAT_MAGIC_HISTORY=on turns it on"
            )
        self._opened()
        return self.threads.next_turn(thread, place)

    def versions_on(self, rows: bytes) -> set[bytes]:
        """Return the digests of the versions that the history has on rows, by the rows' digest."""
        if self._value("history") is False:
            return set()
        try:
            return self.store().versions_on(rows)
        except ChatError:  # a cell runs, whatever is wrong with the history
            return set()

    def is_kept(self, keep: bool | None) -> bool:
        """Whether an execution that starts here is kept; see `is_on`."""
        return self.is_on(self.locate(), keep)

    def forget_place(self) -> None:
        """Do without the extension: know no cell, and say where the history is on stderr."""
        self.locate = _nowhere
        self.announce = _to_stderr

    def is_on(self, place: CellPlace, keep: bool | None = None) -> bool:
        """Whether an execution is kept: as it says itself, else by the setting.

        Without a setting it is where a person watches, and not in a test run of a project (`CI`).

        Raises:
            InvalidRequest: What it says itself is neither True nor False.
        """
        setting = self._value("history")
        if keep is not None:
            if not isinstance(keep, bool):
                raise InvalidRequest(f"history {keep!r}: must be True or False")
            return keep
        if setting is None:
            return place.is_watched and not os.environ.get("CI")
        return setting is not False

    def _opened(self) -> HistoryStore:
        """Return the history, whose file may be made now."""
        store = self.store()
        if words := _announcement(store.path):
            self.announce(words)
        return store

    def folder(self) -> Path | None:
        """Return the folder for files beside the history; None where a setting turns it off."""
        path = self._value("history")
        if path is False:
            return None
        return self._path(path).parent

    def store(self) -> HistoryStore:
        """Return the history, which is shared by all sessions of the process."""
        store = _store_at(self._path(self._value("history")))
        store.limits = (self._value("history_mb") or 512.0, self._value("history_days"))
        _close_before_exit(self._before_exit)
        return store

    def _path(self, setting: Any) -> Path:
        return Path(setting).expanduser() if isinstance(setting, str) else self._default_path()

    def _value(self, name: str) -> Any:
        setting = self._configuration.setting(name)
        return None if setting is None or setting.value is UNSET else setting.value


_lock = threading.Lock()
_stores: dict[Path, HistoryStore] = {}
_announced: set[Path] = set()
_closed_first: set[int] = set()
_PLACES = ("HOME", "USERPROFILE", "XDG_DATA_HOME")
"""Variables on which the place of the user's data depends."""


def _data_path() -> Path:
    from platformdirs import user_data_path

    from chat_magic.store.history_files import FILE

    return user_data_path("chat-magic", appauthor=False) / FILE


def _store_at(path: Path) -> HistoryStore:
    with _lock:
        if path not in _stores:
            from chat_magic.engine.execution_rows import replayed_end, without_tokens
            from chat_magic.store.history_store import HistoryStore

            _stores[path] = HistoryStore(path, replay=replayed_end, without_tokens=without_tokens)
        return _stores[path]


def _close_before_exit(close: Callable[[], None]) -> None:
    """End what runs before the writer ends: what is registered last is called first."""
    if id(close) not in _closed_first:
        _closed_first.add(id(close))
        atexit.register(close)


def _announcement(path: Path) -> str | None:
    """Return once where the history is, when its file is about to be made."""
    if path in _announced:
        return None
    _announced.add(path)
    if path.exists():
        return None
    from chat_magic.store.history_files import shown_path

    return (
        f"chat-magic keeps a history in {shown_path(path)}; "
        "%config ChatMagics.history = False turns it off"
    )


def _told(faults: Sequence[str]) -> tuple[str, ...]:
    for fault in faults:
        _to_stderr(f"chat-magic: {fault}")
    return tuple(faults)


def _to_stderr(words: str) -> None:
    print(words, file=sys.stderr)
