"""Whether a request that failed is retried, and how long to wait before: pure rules.

They follow RFC 9110 §10.2.3 (`Retry-After`) and the further headers that the API's own clients
read. Only faults before the first event of an answer are retried.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["RETRIES", "Failure", "blames_request", "is_about_credit", "server_delay_s", "wait_s"]

RETRIES = 2
"""How often a request is retried by default."""
_LONGEST_WAIT_S = 60.0
"""If a server asks for a longer wait, the request fails instead."""

_TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses of transient faults; 520 to 524 are those of a proxy that does not reach the server."""
_FIRST_S = 0.5
_LAST_S = 8.0
"""The bound of the random waits doubles from the first value to the last."""
_RESET = "x-ratelimit-reset"
_REMAINING = "x-ratelimit-remaining"
_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_A_YEAR_S = 31_536_000.0
"""A larger number is a point in time, in seconds or milliseconds since 1970."""
_MAX_DEPTH = 8

_DELAYS = {
    "retrydelay": 1.0,
    "retryafter": 1.0,
    "retryafters": 1.0,
    "retryafterseconds": 1.0,
    "retryin": 1.0,
    "estimatedtime": 1.0,
    "retryafterms": 0.001,
    "retryaftermilliseconds": 0.001,
}
"""Fields of a body that say how long to wait, in small letters, with their unit in seconds."""
_WAIT_WORDS = re.compile(
    r"\b(?:try(?:ing)? again|retry|wait|resets?)\b(?: \w+){0,2}? (?:in|after|for)?\s*"
    r"((?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h"
    r"|days?|d)(?![a-z])\s*)+)",
    re.IGNORECASE,
)
_WORDED = re.compile(r"(\d+(?:\.\d+)?)\s*(milli|ms|s|m|h|d)", re.IGNORECASE)

_NO_CREDIT = re.compile(
    r"insufficient[ _](?:quota|credits?|balance|funds)|billing[ _]hard[ _]limit|credit balance"
    r"|(?:out of|no|add|not enough|more) credits?\b|\bcredits? (?:left|exhausted|depleted)"
    r"|payment required|spending limit|\barrears\b|recharge|欠费|余额不足|充值",
    re.IGNORECASE,
)
"""Words for an account without credit: waiting does not help."""
_QUOTA = re.compile(r"\bquota\b|\bbilling\b|\bcredits?\b", re.IGNORECASE)
"""Words that may be about credit, or about a limit for which the server names a wait."""
_URL = re.compile(r"https?://\S+")

_BLAME = re.compile(
    r"(?:\bnot|n't|\bun) ?supported\b|\bdoes(?: not|n't) support\b|\bvalidation ?errors?\b"
    r"|\binvalid[ _]request|\bbad ?request"
    r"|\bunexpected keyword|\bextra inputs|\bfield required\b|\bunrecognized (?:request|argument)"
    r"|\bunknown (?:parameter|argument|field)"
    r"|\binvalid (?:value|type|parameter|argument|input|json)"
    r"|\bmissing (?:required|parameter|field)|\bis required\b|\bmust be\b|\bshould be\b"
    r"|\broles must\b|\bjinja (?:exception|template)|\brequires --\w+"
    r"|\bfailed to (?:parse|compile|apply) (?:the )?(?:grammar|chat template|json schema|schema)"
    r"|\bmodel_?not_?found|\bnotfounderror\b|\bmodel \S+ (?:is )?not found|\bno such model"
    r"|\b(?:context (?:length|size|window)|maximum length|too many tokens|too long|too large)\b",
    re.IGNORECASE,
)
"""Words by which a server says that the request itself is wrong."""
_CLIENT_STATUS = re.compile(
    r"\b(?:code|status|returned|http|error)\W{0,3}(?:code\W{0,3})?(?:400|404|413|415|422)\b",
    re.IGNORECASE,
)
"""The status with which a server behind this one refused the request."""
_PASSING = re.compile(
    r"overload|capacity|temporar|unavailable|timed? ?out|upstream|connect|\bbusy\b|rate limit",
    re.IGNORECASE,
)
"""Words for a state of the server that passes."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The reason why a try failed before the first event."""

    status: int | None = None
    """The status of the response; None if the connection failed, or was lost."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the response, by lower-case name."""
    words: str = ""
    """The server's message."""
    body: Any = None
    """The decoded JSON of the response; None if it is anything else."""
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

    `retry-after-ms` comes before `Retry-After`, then come the fields of the body
    (`RetryInfo.retryDelay`, `retry_after`). For a 429, `x-ratelimit-reset-*` counts after them: the
    longest of the limits that are used up; words such as "try again in 20s" count last.
    """
    delay_s = _header_delay_s(failure.headers, now_s)
    if delay_s is None:
        delay_s = _body_delay_s(failure.body)
    if delay_s is None and failure.status == 429:
        sources = [failure.headers, *_headers_in(failure.body)]
        delay_s = max((s for headers in sources for s in _resets(headers, now_s)), default=None)
    return _worded_delay_s(failure.words) if delay_s is None else delay_s


def is_about_credit(failure: Failure) -> bool:
    """Whether a 429 says that the account has no credit left, which no wait changes.

    "Quota" and "billing" alone may be about a limit per minute: then the body names a wait.
    """
    if failure.status not in {402, 429}:
        return False
    words = _URL.sub("", f"{failure.words} {_codes(failure.body)}")
    if _NO_CREDIT.search(words):
        return True
    says_wait = _body_delay_s(failure.body) is not None or _worded_delay_s(failure.words)
    return bool(_QUOTA.search(words)) and not says_wait


def blames_request(failure: Failure) -> bool:
    """Whether a 5xx says that the request is wrong, so that the same one would fail again."""
    if failure.status is None or failure.status < 500:
        return False
    words = f"{failure.words} {_codes(failure.body)}"
    blames = _BLAME.search(words) or any(_is_client_fault(code) for code in _inner(failure.body))
    return bool(_CLIENT_STATUS.search(words) or (blames and not _PASSING.search(words)))


def _is_worth_it(failure: Failure) -> bool:
    if failure.status is None:
        return failure.may_pass
    advice = failure.headers.get("x-should-retry", "").strip().lower()
    if advice == "true":
        return True
    is_lasting = advice == "false" or blames_request(failure) or is_about_credit(failure)
    return failure.status in _TRANSIENT and not is_lasting


def _header_delay_s(headers: Mapping[str, str], now_s: float) -> float | None:
    milliseconds = _NUMBER.fullmatch(headers.get("retry-after-ms", "").strip())
    if milliseconds:
        return float(milliseconds[0]) / 1000
    after = headers.get("retry-after", "").strip()
    return _seconds_or_date(after, headers.get("date", ""), now_s) if after else None


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
    return _duration_s(value)


def _duration_s(value: str) -> float | None:
    parts = _DURATION.findall(value)
    if not parts or "".join(map("".join, parts)) != value:
        return None
    return math.fsum(float(number) * _UNITS_S[unit] for number, unit in parts)


def _objects(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a decoded body."""
    if depth <= _MAX_DEPTH and isinstance(value, dict | list):
        if isinstance(value, dict):
            yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _objects(item, depth + 1)


def _body_delay_s(body: Any) -> float | None:
    """Return the wait that a field of the body names."""
    for holder in _objects(body):
        for name, value in holder.items():
            unit_s = _DELAYS.get(re.sub(r"[^a-z]", "", name.lower()))
            if unit_s and (delay_s := _field_s(value, unit_s)) is not None:
                return delay_s
    return None


def _field_s(value: Any, unit_s: float) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        return float(text) * unit_s if _NUMBER.fullmatch(text) else _duration_s(text)
    if isinstance(value, dict):  # a protobuf Duration as JSON
        value = value.get("seconds")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * unit_s if is_number and 0 <= value < math.inf else None


def _headers_in(body: Any) -> Iterator[dict[str, str]]:
    """Yield the headers of a provider that a gateway repeats in its body."""
    for holder in _objects(body):
        headers = holder.get("headers")
        if isinstance(headers, dict):
            yield {name.lower(): str(value) for name, value in headers.items()}


def _worded_delay_s(words: str) -> float | None:
    """Return the wait in words such as "try again in 1m2.5s" or "retry after 20 seconds"."""
    said = _WAIT_WORDS.search(words)
    if said is None:
        return None
    parts = [(number, unit.lower()) for number, unit in _WORDED.findall(said[1])]
    return math.fsum(
        float(number) * _UNITS_S["ms" if unit == "milli" else unit] for number, unit in parts
    )


def _codes(body: Any) -> str:
    """Return the machine-readable names of an error, such as `insufficient_quota`."""
    return " ".join(code for code in _inner(body) if isinstance(code, str))


def _inner(body: Any) -> Iterator[Any]:
    """Yield the codes, types and statuses in a body."""
    for holder in _objects(body):
        yield from (holder[name] for name in ("code", "type", "status") if name in holder)


def _is_client_fault(code: Any) -> bool:
    return type(code) is int and 400 <= code < 500 and code not in {408, 409, 425, 429}
