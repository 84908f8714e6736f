"""What a provider's Batch API answers: the state of a batch, and a line for each request.

https://platform.openai.com/docs/api-reference/batch/object
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chat_magic.core.reply.server_error import describe_error

__all__ = ["Batch", "BatchAnswer", "read_answer", "read_batch", "read_batches"]

_ENDED = ("completed", "failed", "expired", "cancelled")
_WAITS = "token_limit_exceeded"
"""The code of a batch that was not accepted because too many tokens wait to be processed."""
_AGAIN = "the same call asks for this row again"
_UNFINISHED = {
    "batch_expired": f"the batch expired before this row was answered; {_AGAIN}",
    "batch_cancelled": f"the batch was cancelled before this row was answered; {_AGAIN}",
}
"""Why a row was not asked, by the code in the error file."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch, as its provider describes it."""

    id: str
    status: str
    """`validating`, `in_progress`, `finalizing`, `cancelling`, or how it ended: `completed`,
    `failed`, `expired`, `cancelled`."""
    output_file: str | None = None
    error_file: str | None = None
    errors: tuple[Mapping[str, Any], ...] = ()
    """Why it was not accepted."""
    n_done: int = 0
    """Requests that were answered or refused."""
    n_requests: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    created_s: float | None = None
    """In seconds since 1970 UTC."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in _ENDED

    @property
    def must_wait(self) -> bool:
        """Whether it was not accepted only because too much is enqueued already."""
        return self.status == "failed" and any(e.get("code") == _WAITS for e in self.errors)

    @property
    def fault(self) -> str:
        """Why it was not accepted, in one line; empty if it was."""
        if self.status != "failed":
            return ""
        words = [_error_at_line(error) for error in self.errors[:3]]
        n_more = len(self.errors) - len(words)
        more = f"; and {n_more} more" if n_more > 0 else ""
        return "; ".join(words) + more if words else "the provider does not say why"


@dataclass(frozen=True, kw_only=True)
class BatchAnswer:
    """What became of one request."""

    custom_id: str
    body: bytes | None = None
    """The completion, as JSON; None where there is none."""
    error: str | None = None
    """Why there is none, in one line."""
    status: int | None = None
    """The HTTP status of the answer; None where the request was not sent."""


def read_batch(value: Any) -> Batch | None:
    """Read a batch; None if it is not one."""
    if not isinstance(value, Mapping):
        return None
    number, status = value.get("id"), value.get("status")
    if not (isinstance(number, str) and number and isinstance(status, str)):
        return None
    counts = _object(value.get("request_counts"))
    errors = _object(value.get("errors")).get("data")
    created = value.get("created_at")
    return Batch(
        id=number,
        status=status,
        output_file=_text(value.get("output_file_id")),
        error_file=_text(value.get("error_file_id")),
        errors=tuple(map(_object, errors)) if isinstance(errors, list) else (),
        n_done=_count(counts.get("completed")) + _count(counts.get("failed")),
        n_requests=_count(counts.get("total")),
        metadata=_object(value.get("metadata")),
        created_s=float(created) if isinstance(created, int | float) else None,
    )


def read_batches(value: Any) -> tuple[list[Batch], bool] | None:
    """Read a page of a list of batches, and whether more follow; None if it is not one."""
    items = _object(value).get("data")
    if not isinstance(items, list):
        return None
    batches = [batch for batch in map(read_batch, items) if batch]
    return batches, _object(value).get("has_more") is True and bool(batches)


def read_answer(line: bytes) -> BatchAnswer | None:
    """Read a line of an output or error file; None if it names no request."""
    try:
        value = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, ValueError):
        return None
    response, status = value.response, None
    if response is not None:
        status = response.status_code
        if value.error is None and status is not None and 200 <= status < 300:
            return BatchAnswer(custom_id=value.custom_id, body=bytes(response.body), status=status)
    error = _error_of(value)
    return BatchAnswer(custom_id=value.custom_id, error=error, status=status)


class _Response(msgspec.Struct):
    status_code: int | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: Any = None


def _error_of(line: _Line) -> str:
    if line.error is not None:
        code = _object(line.error).get("code")
        known = _UNFINISHED.get(code) if isinstance(code, str) else None
        return known or describe_error(line.error)
    if line.response is None:
        return "the batch has no answer to this row"
    try:
        words = describe_error(json.loads(bytes(line.response.body)))
    except (ValueError, RecursionError):
        words = "an error that is not JSON"
    return f"{line.response.status_code}: {words}"


def _error_at_line(error: Mapping[str, Any]) -> str:
    words, line = describe_error(dict(error)), error.get("line")
    return f"line {line}: {words}" if isinstance(line, int) else words


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0
