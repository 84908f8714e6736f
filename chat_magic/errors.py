"""What can go wrong, as one tree of exceptions that each print as one line in a notebook.

ChatError
├── InvalidRequest     refused before anything was sent
├── ApiError           the server refused it
├── StreamBroken       it failed after something had arrived
├── CacheMiss          only recorded answers are allowed, and there is none
├── BudgetExceeded     a further request could cost more than max_cost
├── RateLimited        a quota of the server is used up
├── ExecutorLost       the cluster that asks the rows is gone
├── ConnectionFailed   no connection, or no server to connect to
└── RequestTimeout     nothing came in time
KeyboardInterrupt
└── ChatInterrupted    the user stopped it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

__all__ = [
    "ApiError",
    "BudgetExceeded",
    "CacheMiss",
    "ChatError",
    "ChatInterrupted",
    "ConnectionFailed",
    "ExecutorLost",
    "InvalidRequest",
    "RateLimited",
    "RequestTimeout",
    "StreamBroken",
]


class _OneLine(BaseException):
    """An exception that a notebook shows as one line instead of a traceback."""

    result: ChatResult | ChatResults | Any = None
    """Everything that had arrived when it went wrong, of all runs; None when nothing had. Of a map
    it is the table so far."""

    def _render_traceback_(self) -> list[str]:
        printable = "".join(c if c.isprintable() else " " for c in str(self))
        return [f"{type(self).__name__}: {' '.join(printable.split())}"]


class ChatError(_OneLine, Exception):
    """The base of every error that chat-magic raises."""


class InvalidRequest(ChatError):
    """The request was refused before anything was sent.

    Args:
        message: What is wrong, with the option, the value and what is allowed.
        line: Line in the cell, the `%%chat` line being 1.
        column: Column in that line, from 1.
    """

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        place = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.message}"


class ApiError(ChatError):
    """The server answered with an error.

    Args:
        message: The status, the server's own words and what to change.
        status: The HTTP status; 200 where an error came under a success.
        request_id: The server's name for the request, to quote to its operator.
    """

    def __init__(self, message: str, *, status: int, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class StreamBroken(ChatError):
    """The answer broke off; `.result` holds what had arrived, the cause is `__cause__`."""


class BudgetExceeded(ChatError):
    """A further request could cost more than `max_cost`; `.result` holds what had arrived."""


class RateLimited(ChatError):
    """A quota is used up, which waiting does not change; `.result` is the table so far."""


class ExecutorLost(ChatError):
    """The cluster that asks the rows of a map is gone; `.result` holds what had arrived."""


class CacheMiss(ChatError):
    """Only recorded answers are allowed, and there is none for the request; nothing was sent."""


class ConnectionFailed(ChatError):
    """No connection to the server: refused, unknown host, TLS, proxy, or it could not start."""


class RequestTimeout(ChatError):
    """The server did not answer, or fell silent, for longer than allowed."""


class ChatInterrupted(_OneLine, KeyboardInterrupt):
    """The user stopped the request; `.result` holds what had arrived.

    It is a KeyboardInterrupt and no ChatError, so that `except Exception` lets it pass and
    *Run all* stops.
    """
