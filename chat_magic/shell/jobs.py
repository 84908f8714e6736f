"""Runs in the background: the notebook goes on while an answer comes."""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.engine.task_handle import take
from chat_magic.errors import ChatInterrupted, InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.live_renderer import live_renderer
from chat_magic.view.failure_bundle import failure_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chat_magic.view.live.display import Bundle, LiveDisplay

__all__ = ["Job", "Screen", "cancel", "outcome_bundle", "resolve", "underway"]

_RESULT_NAMES = {
    name for kind in (ChatResult, ChatResults) for name in (*dir(kind), *kind.__dataclass_fields__)
}
_numbers = itertools.count(1)
_underway: dict[int, Job] = {}


class Run(Protocol):
    """What can go on in the background: `engine.Run`, and what behaves as it does."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started."""

    @property
    def note(self) -> str | None:
        """What is being done while no answer comes, in words."""

    def wait(self, show: Callable[[Any], float] | None = None) -> Any:
        """Wait for the result; `engine.Run.wait`."""

    def cancel(self) -> None:
        """Stop it at once."""


class Screen(Protocol):
    """Where a job is drawn."""

    def open(self) -> LiveDisplay:
        """Return the display of one answer."""

    def redraw(self) -> None:
        """Draw once more what was drawn last."""


class Job:
    """An answer that comes in the background.

    It stands for its result: `.text`, `.frame`, `[0]`, iteration and all else of a `ChatResult`
    wait until that is there. `wait()` returns the result itself.

    Args:
        run: What has been started.
        model: As `vendor/model`.
        name: The name that it is bound to, or what started it.
        screen: Where it is drawn; None draws nothing.
        on_end: Called with the job, in its own thread, when it has ended and is drawn.
    """

    def __init__(
        self,
        run: Run,
        *,
        model: str,
        name: str = "",
        screen: Screen | None = None,
        on_end: Callable[[Job], None] | None = None,
    ) -> None:
        self.number = next(_numbers)
        self.model = model
        self.name = name
        self.started_s = time.time()
        """When it was started, in seconds since 1970 UTC."""
        self._run = run
        self._screen = screen
        self._on_end = on_end
        self._outcome: Any = None
        self._is_awaited = False
        self._ends: SimpleQueue[None] = SimpleQueue()
        _underway[self.number] = self
        live = screen.open() if screen else None
        show = live_renderer(live) if live else None
        # In a context of its own a thread draws as part of the cell that runs at that time: clients
        # that execute a notebook cell by cell hear nothing else.
        threading.Thread(
            target=contextvars.Context().run,
            args=[self._follow, live, show],
            name=f"chat-magic job {self.number}",
            daemon=True,
        ).start()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._outcome is not None

    @property
    def result(self) -> Any:
        """What has come of it: the result, what had arrived before it failed, or None so far."""
        return getattr(self._outcome, "result", None) if self._has_failed else self._outcome

    @property
    def error(self) -> BaseException | None:
        """Why it failed, or that it was cancelled; None while it goes on and when it went well."""
        return self._outcome if self._has_failed else None

    @property
    def elapsed_s(self) -> float:
        """Seconds that it has taken so far."""
        return self._run.elapsed_s

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if self.is_done:
            failed = "cancelled" if isinstance(self.error, ChatInterrupted) else "failed"
            return failed if self.error else "done"
        rounds = getattr(self._run, "rounds", None)
        return self._run.note or (f"{rounds.answer.n_tokens} tokens" if rounds else "running")

    @property
    def _has_failed(self) -> bool:
        return isinstance(self._outcome, BaseException)

    def wait(self) -> Any:
        """Wait for the result; an interrupt ends only the waiting.

        Raises:
            ChatError: The request failed; what had arrived is its `.result`.
            ChatInterrupted: It was cancelled; likewise.
        """
        is_late = self.is_done and not self._is_awaited
        self.join()
        if is_late and self._screen:
            self._screen.redraw()
        if self._has_failed:
            raise self._outcome
        return self._outcome

    def join(self) -> None:
        """Wait for its end, however that is."""
        self._is_awaited = True
        while not self.is_done:
            take(self._ends)

    def cancel(self) -> None:
        """Stop it at once; what had arrived is kept. Does nothing once it has ended."""
        if not self.is_done:
            self._run.cancel()

    def _follow(self, live: LiveDisplay | None, show: Callable[[Any], float] | None) -> None:
        outcome: Any
        try:
            outcome = self._run.wait(show)
        except BaseException as error:
            outcome = error
        try:
            if live is not None:
                live.finish(outcome_bundle(outcome, self.model))
        finally:
            self._outcome = outcome
            _underway.pop(self.number, None)
            self._ends.put(None)
            if self._on_end:
                self._on_end(self)

    def __getattr__(self, name: str) -> Any:
        if name not in _RESULT_NAMES or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return getattr(self.wait(), name)

    def __getitem__(self, index: Any) -> Any:
        return self.wait()[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.wait())

    def __len__(self) -> int:
        return len(self.wait())

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self.wait())

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_RESULT_NAMES})

    def __repr__(self) -> str:
        return f"<Job {self.number} {self.model}: {self.state}, {self.elapsed_s:.1f} s>"

    def _repr_mimebundle_(self, **_options: Any) -> Mapping[str, Any]:
        return (
            outcome_bundle(self._outcome, self.model)
            if self.is_done
            else {"text/plain": repr(self)}
        )


def outcome_bundle(outcome: Any, model: str) -> Bundle:
    """Draw how a run ended: its result, what had arrived of one, or why there is none."""
    if not isinstance(outcome, BaseException):
        bundle: Bundle = outcome._repr_mimebundle_()
        return bundle
    result = getattr(outcome, "result", None)
    words = " ".join(f"{type(outcome).__name__}: {outcome}".split())
    if result is None:
        return failure_bundle(model, words)
    if isinstance(result, ChatResult):
        result = replace(result, warnings=(words, *result.warnings))
    return outcome_bundle(result, model)


def resolve(value: Any) -> Any:
    """Wait for a job's result; any other value is returned as it is."""
    return value.wait() if isinstance(value, Job) else value


def underway() -> list[Job]:
    """Return the jobs that go on, the oldest first."""
    return list(_underway.values())


def cancel(number: int) -> Job:
    """Cancel a job by its number.

    Raises:
        InvalidRequest: No such job goes on.
    """
    job = _underway.get(number)
    if job is None:
        known = ", ".join(map(str, _underway))
        others = f"; those that do are {known}" if known else ""
        raise InvalidRequest(f"/jobs cancel {number}: no such job goes on{others}", line=1)
    job.cancel()
    return job
