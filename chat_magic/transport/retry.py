"""Whether a request that failed is retried, and how long to wait before: pure rules.

They follow RFC 9110 §10.2.3 (`Retry-After`) and the further headers that the API's own clients
read. Only faults before the first event of an answer are retried.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["RETRIES", "Failure", "server_delay_s", "wait_s"]

RETRIES = 2
"""How often a request is retried by default."""
_LONGEST_WAIT_S = 60.0
"""If a server asks for a longer wait, the request fails instead."""

_TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""Statuses of transient faults."""
_FIRST_S = 0.5
_LAST_S = 8.0
"""The bound of the random waits doubles from the first value to the last."""
_RESET = "x-ratelimit-reset"
_REMAINING = "x-ratelimit-remaining"
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_A_YEAR_S = 31_536_000.0
"""A larger number is a point in time, in seconds or milliseconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The reason why a try failed before the first event."""

    status: int | None = None
    """The status of the response; None if the connection failed, or was lost."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the response, by lower-case name."""
    may_pass: bool = True
    """Whether a failed connection may succeed on the next try."""


def wait_s(failure: Failure, n_failed: int, *, now_s: float, chance: float) -> float | None:
    """Return how many seconds to wait before the next try; None if there should be none.

    Args:
        failure: The failure of the last try.
        n_failed: How many tries have failed, including the last.
        now_s: Seconds since 1970 UTC.
        chance: A random number, 0 to 1, which spreads the retries of clients that failed together
            ("full jitter", https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter).
    """
    if not _is_worth_it(failure):
        return None
    delay_s = server_delay_s(failure, now_s=now_s)
    if delay_s is None:
        return chance * min(_LAST_S, _FIRST_S * 2.0 ** (n_failed - 1))
    return delay_s if delay_s <= _LONGEST_WAIT_S else None


def server_delay_s(failure: Failure, *, now_s: float) -> float | None:
    """Return the wait that the server asks for, in seconds; None if it does not say.

    `retry-after-ms` comes before `Retry-After`. For a 429, `x-ratelimit-reset-*` counts after them:
    the longest of the limits that are used up.
    """
    headers = failure.headers
    milliseconds = _NUMBER.fullmatch(headers.get("retry-after-ms", "").strip())
    if milliseconds:
        return float(milliseconds[0]) / 1000
    if (after := headers.get("retry-after", "").strip()) and (
        seconds := _seconds_or_date(after, headers.get("date", ""), now_s)
    ) is not None:
        return seconds
    resets = list(_resets(headers, now_s)) if failure.status == 429 else []
    return max(resets, default=None)


def _is_worth_it(failure: Failure) -> bool:
    if failure.status is None:
        return failure.may_pass
    advice = failure.headers.get("x-should-retry", "").strip().lower()
    return advice == "true" or (advice != "false" and failure.status in _TRANSIENT)


def _seconds_or_date(value: str, sent: str, now_s: float) -> float | None:
    if _NUMBER.fullmatch(value):
        return float(value)
    moment = _date_s(value)
    if moment is None:
        return None
    server_now_s = _date_s(sent)
    return max(0.0, moment - (now_s if server_now_s is None else server_now_s))


def _date_s(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _resets(headers: Mapping[str, str], now_s: float) -> Iterator[float]:
    for name, value in headers.items():
        if not name.startswith(_RESET):
            continue
        remaining = headers.get(_REMAINING + name.removeprefix(_RESET), "0").strip()
        seconds = _reset_s(value.strip(), now_s)
        if seconds is not None and not remaining.strip("0").strip("."):
            yield seconds


def _reset_s(value: str, now_s: float) -> float | None:
    """Read `1s`, `6m0s` or `250ms`, a number of seconds, or a point in time."""
    if _NUMBER.fullmatch(value):
        number = float(value)
        if number < _A_YEAR_S:
            return number
        moment_s = number / 1000 if number > 1000 * _A_YEAR_S else number
        return max(0.0, moment_s - now_s)
    parts = _DURATION.findall(value)
    if not parts or "".join(map("".join, parts)) != value:
        return None
    return math.fsum(float(number) * _UNITS_S[unit] for number, unit in parts)
