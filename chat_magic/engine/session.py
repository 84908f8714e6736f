"""The state of a kernel: its settings, keys, connections, event loop and background jobs."""

from __future__ import annotations

import itertools
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, NoReturn, Protocol, TypeVar
from weakref import WeakValueDictionary

from chat_magic.engine.capabilities import CapabilityBook
from chat_magic.engine.history_recorder import HistoryRecorder
from chat_magic.engine.llama_model import LlamaModels
from chat_magic.engine.row_uses import RowUses
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.configuration import Configuration
from chat_magic.transport.context_windows import ContextWindows
from chat_magic.transport.endpoints import EndpointResolver
from chat_magic.transport.keys import KeyCache
from chat_magic.transport.loop import EventLoopThread
from chat_magic.transport.prefill_modes import PrefillModes
from chat_magic.transport.server_kinds import ServerKinds

if TYPE_CHECKING:
    from chat_magic.engine.cassettes import CassetteShelf
    from chat_magic.engine.gateway_scorer import Way
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.results.answer_distribution import Distribution
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.store.presets import PresetStore
    from chat_magic.transport.http import HttpClient

__all__ = ["Job", "JobList", "Session", "default_session"]


class Job(Protocol):
    """A background answer, as the list of jobs uses it."""

    number: int
    """Its number in the session, from 1."""
    name: str
    """The name that the result is assigned to, or what started it."""
    model: str
    started_s: float
    """When it was started, in seconds since 1970 UTC."""

    @property
    def state(self) -> str:
        """Its progress, in words."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started, up to its end."""

    def cancel(self) -> None:
        """Stop it at once."""


J = TypeVar("J", bound=Job)


class JobList(Generic[J]):
    """The jobs of a session that are running, by number."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._running: dict[int, J] = {}

    def next_number(self) -> int:
        """Return the number of the next job."""
        return next(self._numbers)

    def add(self, job: J) -> None:
        """Add a job that has started."""
        self._running[job.number] = job

    def remove(self, job: J) -> None:
        """Remove a job that has ended."""
        self._running.pop(job.number, None)

    def running(self) -> list[J]:
        """Return the jobs that are running, the oldest first."""
        return list(self._running.values())

    def cancel(self, number: int) -> J:
        """Cancel a job.

        Raises:
            InvalidRequest: No job of this number is running.
        """
        job = self._running.get(number)
        if job is None:
            known = ", ".join(map(str, self._running))
            others = f"; those running are {known}" if known else ""
            raise InvalidRequest(f"/jobs cancel {number}: no such job is running{others}", line=1)
        job.cancel()
        return job


class Session:
    """What all requests of a kernel share; `default_session` returns the one of this process.

    A request keeps the session with which it was started. Connections, files and threads are
    opened on first use.
    """

    def __init__(self) -> None:
        self.configuration = Configuration()
        self.keys = KeyCache()
        self.endpoints = EndpointResolver(self.configuration, self.keys)
        self.windows = ContextWindows()
        self.server_kinds = ServerKinds(self.windows.note)
        self.prefill_modes = PrefillModes(self.server_kinds)
        self.llama_models = LlamaModels()
        self.score_ways: dict[tuple[str, str], Way | Literal["alternatives"]] = {}
        """How the servers of models score texts, as far as that is known."""
        self.distributions: dict[str, Distribution] = {}
        """The newest distributions by their handles, so that their pictures can extend them."""
        self.drawn_rows: WeakValueDictionary[str, ChatResults] = WeakValueDictionary()
        """Tables of rows that were drawn without all their tokens, by the handles in their
        pictures, which ask for the row that is opened."""
        self.loop = EventLoopThread(on_stop=self._close_connections)
        self.jobs: JobList[Job] = JobList()
        self.told_notices: set[str] = set()
        """Notices of cells that are shown once."""
        self.history = HistoryRecorder(self.configuration, self.loop.close)
        self.history.find_window = self._find_window
        self.capabilities = CapabilityBook(self.history.folder)
        self.row_uses = RowUses(self.history)
        """Which cells were checked on which rows."""

    @cached_property
    def cassettes(self) -> CassetteShelf:
        """The cassettes that are open."""
        from chat_magic.engine.cassettes import CassetteShelf

        return CassetteShelf(self)

    @property
    def presets(self) -> PresetStore:
        """The presets of the panel, in a file beside the config file."""
        from chat_magic.store.presets import FILE, PresetStore

        return PresetStore(self.configuration.path().with_name(FILE))

    @cached_property
    def http(self) -> HttpClient:
        """The connections."""
        from chat_magic.transport.http import HttpClient

        return HttpClient()

    def close(self) -> None:
        """Cancel the running requests and close the connections; the session can be used again."""
        self.loop.close()

    def _find_window(self, call: PreparedCall) -> int | None:
        """Return the window of a model in tokens: by the config file, else by its server's list."""
        model = call.request.model or ""
        window = self.configuration.window_of(model)
        if window is None and local.is_local(model):
            return local.CONTEXT_TOKENS
        if window is not None or call.endpoint is None:
            return window
        return self.windows.find(call.endpoint)

    async def _close_connections(self) -> None:
        await self.http.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session cannot be pickled: it holds connections and keys")


_lock = threading.Lock()
_default: Session | None = None


def default_session() -> Session:
    """Return the session of this process, made on first use."""
    global _default  # noqa: PLW0603 - the one default
    with _lock:
        if _default is None:
            _default = Session()
        return _default
