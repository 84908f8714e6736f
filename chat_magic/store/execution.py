"""An execution as the history keeps it: when it starts, when it has ended, and when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from chat_magic.core.reply.history_row import HistoryRow
    from chat_magic.store.journal import Entry

__all__ = [
    "EndedExecution",
    "ModelUsage",
    "RowUse",
    "RunRequest",
    "StartedExecution",
    "StoredExecution",
]


class RunRequest(Struct, frozen=True, kw_only=True):
    """What was asked in one run."""

    model: str
    endpoint: str | None
    """The server's address without credentials; None for a model of this machine."""
    request: str
    """The body, as JSON."""


class RowUse(Struct, frozen=True, kw_only=True):
    """Rows that answers are checked on, and the version of the prompt that is: digests of both."""

    rows: bytes
    version: bytes


class StartedExecution(Struct, frozen=True, kw_only=True):
    """What is known of an execution when it starts."""

    kind: str
    started_s: float
    """Seconds since 1970-01-01 UTC."""
    model: str
    prompt: str
    """The text of the last user message."""
    messages: str
    """The text of all messages, for the search."""
    runs: tuple[RunRequest, ...]
    requests: int = 1
    notebook: str | None = None
    """The path of the notebook."""
    cell_id: str | None = None
    source: str | None = None
    """The text of the cell."""
    thread: str | None = None
    resume: str | None = None
    """The file of a map."""
    row_use: RowUse | None = None
    """The rows on which its answers are checked, if they are."""
    axes: str | None = None
    """Those of a grid, for its journal: the JSON of a result without runs."""


class ModelUsage(Struct, frozen=True, kw_only=True):
    """What one model of an execution was asked, and what that took; what is not known is None.

    The tokens and the cost are those of requests that were sent, not of replayed ones.
    """

    model: str
    requests: int
    failed: int
    replayed: int
    """How many of the requests."""
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None
    cost: float | None


class EndedExecution(Struct, frozen=True, kw_only=True):
    """What is known of an execution when it has ended; a number that is not known is None."""

    status: str
    ended_s: float
    result: str | None
    """Lossless JSON; None if nothing had arrived."""
    answer: str = ""
    """The text of the first choice."""
    texts: str = ""
    """The text of all choices, for the search."""
    has_tokens: bool = False
    """Whether the result has token tables."""
    answers: int = 0
    failed: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    """Prompt tokens that the server read from its cache."""
    reasoning_tokens: int | None = None
    cost: float | None = None
    ttft_s: float | None = None
    total_s: float | None = None
    error: str | None = None
    replayed: bool = False
    requests: int | None = None
    """The rows of a map, where they are known only at its end."""
    resume: str | None = None
    """The file of a map, likewise."""
    by_model: tuple[ModelUsage, ...] = ()
    """Where several models were asked, the usage of each."""


class StoredExecution(Struct, frozen=True, kw_only=True):
    """An execution as it is read back."""

    row: HistoryRow
    source: str | None
    result: str | None
    """Lossless JSON; None while it runs, and after a fault."""
    runs: tuple[RunRequest, ...]
    journal: tuple[Entry, ...] = ()
    """What had arrived, if it has no result."""
    resume: str | None = None
    """The file of a map."""
