"""What client and workers of a cluster send each other: plain values, and never a key.

A worker finds the key itself, by its name, where it runs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from chat_magic import errors
from chat_magic.core.request.request import read_sent
from chat_magic.engine.prepare import RequestLimits
from chat_magic.errors import ApiError, ChatError
from chat_magic.transport.credentials import redact
from chat_magic.transport.retry import Failure

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.prepare import PreparedCall

__all__ = ["Lease", "Orders", "Report", "Returned", "lease_of", "read", "request_of", "write"]

_NO_ANSWER = msgspec.Raw(b"null")
_WORDS_ABOUT_RATES = ("retry", "ratelimit", "rate-limit", "date")
"""Headers of a refusal that are sent: those that say how long to wait."""


class Lease(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that a worker is to ask."""

    row: int
    """Its place in the data."""
    address: str | None
    """The URL of completions at its server; None for the local server of each machine."""
    key: str | None
    """The name of the key."""
    body: dict[str, Any]
    """The request."""
    extra: dict[str, Any] = {}
    """Fields that its endpoint adds."""
    timeout_s: float | None = None
    retries: int = 0
    top_up: bool = True


class Orders(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the client sends a worker, at least every two seconds."""

    share: int = 0
    """Requests that may run at a time."""
    leases: tuple[Lease, ...] = ()
    is_draining: bool = False
    """Whether no further request is to start."""
    is_end: bool = False
    """Whether the map is over."""


class Refusal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal for the rate, after which the whole map slows down."""

    status: int | None = None
    headers: dict[str, str] = {}
    words: str = ""
    body: Any = None


class Returned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a row; without answer, error and refusal it was not asked."""

    row: int
    answer: msgspec.Raw = _NO_ANSWER
    """As a resume file keeps it."""
    error: str | None = None
    kind: str = "ChatError"
    """The name of the error."""
    status: int | None = None
    refusal: Refusal | None = None

    @property
    def has_answer(self) -> bool:
        """Whether it was answered."""
        return bytes(self.answer) != bytes(_NO_ANSWER)

    @property
    def was_asked(self) -> bool:
        """Whether its request was sent."""
        return self.has_answer or self.error is not None or self.refusal is not None

    @property
    def failure(self) -> Failure | None:
        """The refusal for the rate, where there was one."""
        return None if self.refusal is None else Failure(**msgspec.structs.asdict(self.refusal))

    @property
    def exception(self) -> ChatError | None:
        """The error, where there was one."""
        if self.error is None:
            return None
        if self.status is not None:
            return ApiError(self.error, status=self.status)
        known = getattr(errors, self.kind, None)
        kind = known if isinstance(known, type) and issubclass(known, ChatError) else ChatError
        return kind(self.error) if kind is not ApiError else ChatError(self.error)


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a worker sends the client, at least every two seconds."""

    worker: str
    started: tuple[int, ...] = ()
    """Rows whose requests were started."""
    returned: tuple[Returned, ...] = ()
    refused: str | None = None
    """Why the worker takes no part; None if it does."""


def write(message: Orders | Report) -> bytes:
    """Write a message as JSON."""
    return msgspec.json.encode(message)


def read(content: bytes, kind: type[Any]) -> Any:
    """Read a message of a kind."""
    return msgspec.json.decode(content, type=kind)


def lease_of(row: int, call: PreparedCall) -> Lease:
    """Return the lease of a row.

    Raises:
        InvalidRequest: Its request cannot be written as JSON.
    """
    endpoint = call.endpoint
    return Lease(
        row=row,
        address=None if endpoint is None else endpoint.address,
        key=None if endpoint is None or endpoint.secret is None else endpoint.key_variable,
        body=call.request.body(),
        extra={} if endpoint is None else dict(endpoint.extra),
        timeout_s=call.limits.timeout_s,
        retries=call.limits.retries,
        top_up=call.limits.top_up,
    )


def request_of(lease: Lease) -> tuple[ChatRequest, RequestLimits]:
    """Return the request of a lease, and its limits."""
    limits = RequestLimits(timeout_s=lease.timeout_s, retries=lease.retries, top_up=lease.top_up)
    return read_sent(lease.body), limits


def returned_error(row: int, error: Exception) -> Returned:
    """Return an error as it is sent."""
    status = error.status if isinstance(error, ApiError) else None
    words = redact(" ".join(str(error).split())) or type(error).__name__
    return Returned(row=row, error=words, kind=type(error).__name__, status=status)


def returned_refusal(row: int, failure: Failure) -> Returned:
    """Return a refusal for the rate as it is sent."""
    headers = {
        name: value
        for name, value in failure.headers.items()
        if any(words in name for words in _WORDS_ABOUT_RATES)
    }
    body = json.loads(redact(json.dumps(failure.body)))
    refusal = Refusal(
        status=failure.status, headers=headers, words=redact(failure.words), body=body
    )
    return Returned(row=row, refusal=refusal)
