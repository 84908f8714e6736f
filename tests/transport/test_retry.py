"""Which failures are retried, and after which wait."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from chat_magic.transport.retry import Failure, server_delay_s, wait_s

NOW_S = 1_800_000_000.0


def wait_after(status: int | None, *, n_failed: int = 1, chance: float = 1.0, **headers: str):
    """Return the wait after a failure; underscores in header names stand for hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    failure = Failure(status=status, headers=given)
    return wait_s(failure, n_failed, now_s=NOW_S, chance=chance)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529, None])
def test_transient_failures_are_retried(status):
    """These statuses, and failed connections."""
    assert wait_after(status) == 0.5


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 413, 422, 501])
def test_other_failures_are_not_retried(status):
    """The same request would fail again."""
    assert wait_after(status) is None


def test_a_permanent_failure_to_connect_is_not_retried():
    """An unknown host stays unknown."""
    assert wait_s(Failure(may_pass=False), 1, now_s=NOW_S, chance=1.0) is None


@pytest.mark.parametrize(
    ("n_failed", "chance", "seconds"),
    [(1, 1, 0.5), (2, 1, 1), (3, 1, 2), (5, 1, 8), (9, 1, 8), (3, 0.25, 0.5), (3, 0, 0)],
)
def test_the_waits_double_up_to_eight_seconds_with_full_jitter(n_failed, chance, seconds):
    """A random share of 0.5, 1, 2, 4, 8, 8 … seconds."""
    assert wait_after(503, n_failed=n_failed, chance=chance) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": " 1.5 "}, 1.5),
        ({"retry_after": "0"}, 0),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7),
        ({"retry_after": formatdate(NOW_S + 30, usegmt=True)}, 30),
        ({"retry_after": formatdate(NOW_S - 30, usegmt=True)}, 0),
        ({"retry_after": formatdate(90, usegmt=True), "date": formatdate(50, usegmt=True)}, 40),
        ({"x_ratelimit_reset_requests": "1s"}, 1),
        ({"x_ratelimit_reset_tokens": "1m0.5s"}, 60.5),
        ({"x_ratelimit_reset_tokens": "17ms"}, 0.017),
        ({"x_ratelimit_reset": "12"}, 12),
        ({"x_ratelimit_reset": f"{NOW_S + 20:.0f}"}, 20),
        ({"x_ratelimit_reset": f"{(NOW_S + 20) * 1000:.0f}"}, 20),
        ({"x_ratelimit_reset_requests": "1s", "x_ratelimit_reset_tokens": "9s"}, 9),
        (
            {
                "x_ratelimit_reset_requests": "1s",
                "x_ratelimit_remaining_requests": "0",
                "x_ratelimit_reset_tokens": "9s",
                "x_ratelimit_remaining_tokens": "500",
            },
            1,
        ),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-1"}, None),
        ({"x_ratelimit_reset_tokens": "soon 5s"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_the_server_asks_for_is_used(headers, seconds):
    """In milliseconds, seconds, or as a date of its clock; other values are ignored."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    delay_s = server_delay_s(Failure(status=429, headers=given), now_s=NOW_S)
    assert delay_s == (seconds if seconds is None else pytest.approx(seconds))
    if seconds is None or seconds <= 60:
        assert wait_after(429, **headers) == pytest.approx(0.5 if seconds is None else seconds)


def test_the_reset_of_a_rate_limit_counts_for_a_429_only():
    """Servers send it with every response."""
    assert wait_after(503, x_ratelimit_reset_tokens="30s") == 0.5


@pytest.mark.parametrize("headers", [{"retry_after": "61"}, {"retry_after_ms": "60001"}])
def test_a_request_is_not_retried_after_more_than_a_minute(headers):
    """It fails at once instead."""
    assert wait_after(429, **headers) is None


@pytest.mark.parametrize(
    ("status", "word", "is_tried"),
    [(400, "true", True), (503, "false", False), (503, "maybe", True), (400, "", False)],
)
def test_the_server_can_decide(status, word, is_tried):
    """`x-should-retry` wins over the status."""
    assert (wait_after(status, x_should_retry=word) is not None) == is_tried
