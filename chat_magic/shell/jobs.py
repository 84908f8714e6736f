"""Answers in the background: the notebook continues while they stream."""

from __future__ import annotations

import contextvars
import threading
import time
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.engine.task_handle import take, with_display_warning
from chat_magic.errors import ChatInterrupted
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.live_renderer import live_renderer
from chat_magic.view.failure_bundle import failure_bundle
from chat_magic.view.html_repr import HtmlRepr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chat_magic.engine.session import JobList
    from chat_magic.shell.client import DisplayKind
    from chat_magic.view.live.display import Bundle, LiveDisplay
    from chat_magic.view.live.live_updates import LiveChannel

__all__ = ["Job", "Screen", "open_screen", "outcome_bundle", "resolve"]

_RESULT_NAMES = {
    name for kind in (ChatResult, ChatResults) for name in (*dir(kind), *kind.__dataclass_fields__)
}


class Screen(Protocol):
    """Where a job is drawn."""

    def open(self) -> LiveDisplay:
        """Return a new display for one answer."""

    def redraw(self) -> None:
        """Draw the last state again."""


class Handle(Protocol):
    """What a job waits for: a task that was started, or a map."""

    @property
    def task(self) -> Any:
        """What knows how far it is."""

    def wait(self, show: Any = None, /) -> Any:
        """Wait for the result."""

    def cancel(self) -> None:
        """Cancel it at once."""


def open_screen(kind: DisplayKind, title: str, channel: LiveChannel | None = None) -> Screen:
    """Return where a job of the running cell is drawn.

    Args:
        kind: How answers are shown.
        title: Printed above printed answers.
        channel: Reaches pages that paint what is added; None if there is none.
    """
    from chat_magic.view.live.notebook_display import DisplayHandle, FinalDisplay
    from chat_magic.view.live.terminal_display import DeferredTerminal

    if kind == "printed":
        return DeferredTerminal(title)
    return FinalDisplay() if kind == "final" else DisplayHandle(channel)


class Job(HtmlRepr):
    """An answer in the background.

    It can be used like its result: `.text`, `.frame`, `[0]`, iteration and all else of a
    `ChatResult` wait for the answer; after `cancel()` they are those of the part that had arrived.
    `wait()` returns the result itself.

    A job that was cancelled (by `cancel()`, *Stop* or `/jobs cancel`) raises `ChatInterrupted`
    where it is waited for, and nowhere else. As a KeyboardInterrupt it ends the cell and *Run all*:
    `except Exception` does not catch it, and IPython prints its one line. Code that is to go on
    names it, or does not wait:

        try:
            result = job.wait()
        except chat_magic.ChatInterrupted as stopped:
            result = stopped.result  # what had arrived, or None

        job.join()  # never raises: then job.error and job.result say how it ended

    Args:
        handle: The task that was started, or a map.
        jobs: The session's list of jobs, which contains this one while it is running.
        model: As `vendor/model`.
        name: The name that the result is assigned to, or what started the job.
        screen: Where it is drawn; None draws nothing.
        on_end: Called with the job, in the job's thread, after the answer has been drawn. Those who
            wait for the job continue when this has returned.
    """

    def __init__(
        self,
        handle: Handle,
        jobs: JobList[Any],
        *,
        model: str,
        name: str = "",
        screen: Screen | None = None,
        on_end: Callable[[Job], None] | None = None,
    ) -> None:
        self.number = jobs.next_number()
        self.model = model
        self.name = name
        self.started_s = time.time()
        """When it was started, in seconds since 1970 UTC."""
        self._handle = handle
        self._jobs = jobs
        self._screen = screen
        self._on_end = on_end
        self._outcome: Any = None
        """The result, or the error that it ended with."""
        self._has_ended = False
        self._is_awaited = False
        self._ends: SimpleQueue[None] = SimpleQueue()
        try:
            live = screen.open() if screen else None
            show = live_renderer(live) if live else None
        except BaseException:
            handle.cancel()
            raise
        jobs.add(self)
        # In a new context the thread draws as part of the cell that is running at the time: clients
        # that execute a notebook cell by cell receive nothing else.
        self._thread = threading.Thread(
            target=contextvars.Context().run,
            args=[self._follow, live, show],
            name=f"chat-magic job {self.number}",
            daemon=True,
        )
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, successfully or not, and has been drawn."""
        return self._has_ended

    @property
    def result(self) -> Any:
        """The result, or what had arrived before it failed; None while it is running."""
        return getattr(self._outcome, "result", None) if self._has_failed else self._outcome

    @property
    def error(self) -> BaseException | None:
        """Why it failed or was cancelled; None while it is running, and on success."""
        return self._outcome if self._has_failed else None

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was started, up to its end."""
        elapsed_s: float = self._handle.task.elapsed_s
        return elapsed_s

    @property
    def state(self) -> str:
        """Its progress, in words."""
        if self._outcome is not None:
            failed = "cancelled" if isinstance(self.error, ChatInterrupted) else "failed"
            return failed if self.error else "done"
        task = self._handle.task
        answer = getattr(task, "answer", None)
        return task.note or (f"{answer.n_tokens} tokens" if answer else "running")

    @property
    def _has_failed(self) -> bool:
        return isinstance(self._outcome, BaseException)

    def wait(self) -> Any:
        """Wait for the result; an interrupt ends the waiting, not the job.

        Raises:
            ChatError: The request failed; `.result` holds what had arrived.
            ChatInterrupted: It was cancelled; `.result` holds what had arrived. `except Exception`
                does not catch it.
        """
        is_late = self._has_ended and not self._is_awaited
        self.join()
        if is_late and self._screen:
            self._screen.redraw()
        if self._has_failed:
            raise self._outcome
        return self._outcome

    def _value(self) -> Any:
        """Wait for the result, or for what had arrived when it was cancelled."""
        self.join()
        is_cancelled = isinstance(self.error, ChatInterrupted) and self.result is not None
        return self.result if is_cancelled else self.wait()

    def join(self) -> None:
        """Wait until it has ended, successfully or not; returns at once in `on_end`."""
        self._is_awaited = True
        while not self._has_ended and threading.current_thread() is not self._thread:
            if take(self._ends):
                self._ends.put(None)  # for others who wait

    def cancel(self) -> None:
        """Cancel it at once; what had arrived is kept. Does nothing once it has ended."""
        if self._outcome is None:
            self._handle.cancel()

    def _follow(self, live: LiveDisplay | None, show: Callable[[Any], float] | None) -> None:
        outcome: Any
        try:
            outcome = self._handle.wait(show)
        except BaseException as error:
            outcome = error
        if live is not None:
            try:
                live.finish(outcome_bundle(outcome, self.model))
            except Exception as fault:
                outcome = with_display_warning(outcome, fault)
        self._outcome = outcome
        self._jobs.remove(self)
        try:
            if self._on_end:
                self._on_end(self)
        finally:
            self._has_ended = True
            self._ends.put(None)

    def __getattr__(self, name: str) -> Any:
        if name not in _RESULT_NAMES or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return getattr(self._value(), name)

    def __getitem__(self, index: Any) -> Any:
        return self._value()[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._value())

    def __len__(self) -> int:
        return len(self._value())

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return str(self._value())

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
    """Return the picture of an outcome: the result, a partial one, or why there is none."""
    if not isinstance(outcome, BaseException):
        if not hasattr(outcome, "_repr_mimebundle_"):  # the table of a map
            return {"text/plain": repr(outcome), "text/html": outcome._repr_html_()}
        bundle: Bundle = outcome._repr_mimebundle_()
        return bundle
    result = getattr(outcome, "result", None)
    words = " ".join(f"{type(outcome).__name__}: {outcome}".split())
    if result is None:
        return failure_bundle(model, words)
    if isinstance(result, ChatResult) and not _is_marked(outcome, result):
        result = replace(result, warnings=(words, *result.warnings))
    return outcome_bundle(result, model)


def _is_marked(outcome: BaseException, result: ChatResult) -> bool:
    """Tell whether a choice says itself that it was interrupted."""
    ends = (choice.finish_reason for choice in result.choices)
    return isinstance(outcome, ChatInterrupted) and "interrupted" in ends


def resolve(value: Any) -> Any:
    """Wait for the result of a job; any other value is returned unchanged."""
    return value.wait() if isinstance(value, Job) else value
