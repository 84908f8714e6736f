"""What an executor is given and what it returns: prepared rows in, finished rows out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.session import Session
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.store.rows import RowsFile

__all__ = ["FinishedRow", "MapLimits", "MapPorts", "PreparedRow", "RowExecutor"]


@dataclass(frozen=True, kw_only=True)
class MapLimits:
    """How fast a map may go, and what it may cost."""

    concurrency: int = 32
    """Requests that run at a time."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_cost: float | None = None
    """Dollars that all rows together may cost."""


@dataclass(frozen=True, kw_only=True)
class PreparedRow:
    """A row whose request is complete, checked and keyed."""

    position: int
    """Its place in the data, from 0."""
    key: str
    """That of the cache, with the draw; 64 hexadecimal digits."""
    draw: int
    """How many equal requests come before it in the data."""
    call: PreparedCall


@dataclass(frozen=True, kw_only=True)
class FinishedRow:
    """A row that has been asked: its answer, or why there is none."""

    position: int
    key: str
    result: ChatResult | None = None
    """The answer, whose request is not looked at; None if it failed."""
    error: Exception | None = None
    """Why it failed."""
    is_kept: bool = False
    """Whether it is in the resume file already, so that it is not written again."""
    is_resumed: bool = False
    """Whether it was there before, so that it was not asked now."""


@dataclass(frozen=True, kw_only=True)
class MapPorts:
    """What an executor gets from the map when it starts; `put` and `fail` work in any thread."""

    session: Session
    limits: MapLimits
    rows_file: RowsFile | None
    """The resume file, where there is one."""
    put: Callable[[FinishedRow], None]
    """Takes a finished row; each submitted row is finished once, unless the map is cancelled."""
    fail: Callable[[Exception], None]
    """Ends the map by an error that no further row can pass, such as a quota that is used up."""
    note: Callable[[str], None] = lambda _: None
    """Notes a limit that was met, for `attrs["chat_magic"]["limits"]`."""
    say: Callable[[str], None] = lambda _: None
    """Says something beside the bar, in any thread."""


class RowExecutor(Protocol):
    """Asks the rows of one map; the map's own thread calls its methods.

    `start` comes first, then `submit` again and again while fewer than `capacity` rows are
    unfinished, `finish` after the last row, and `close` at the end in any case.
    """

    @property
    def capacity(self) -> int:
        """How many rows it may have been given that are not finished."""

    def start(self, ports: MapPorts) -> None:
        """Make ready; `ports.put` and `ports.fail` are used from now on."""

    def submit(self, rows: Sequence[PreparedRow]) -> None:
        """Take rows, in the order of the data, and return at once."""

    def finish(self) -> None:
        """Know that no further rows come; return at once."""

    def drain(self) -> None:
        """Start no further request, and wait until those that run have ended and been put."""

    def close(self) -> None:
        """Cancel what still runs and give everything back; nothing is put after it returns."""

    @property
    def notice(self) -> str | None:
        """What goes on elsewhere after the end, and how to cancel it; None if nothing does."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What `attrs["chat_magic"]` says besides."""
