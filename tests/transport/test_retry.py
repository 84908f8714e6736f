"""Which failures are retried, and after which wait."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from chat_magic.transport.retry import (
    Failure,
    blames_request,
    is_about_credit,
    server_delay_s,
    wait_s,
)

NOW_S = 1_800_000_000.0


def wait_after(status: int | None, *, n_failed: int = 1, chance: float = 1.0, **headers: str):
    """Return the wait after a failure; underscores in header names stand for hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    failure = Failure(status=status, headers=given)
    return wait_s(failure, n_failed, now_s=NOW_S, chance=chance)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 520, 522, 524, 529, None])
def test_transient_failures_are_retried(status):
    """These statuses, and failed connections."""
    assert wait_after(status) == 0.5


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 413, 422, 501, 526])
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


GOOGLE = "You exceeded your current quota, please check your plan and billing details."


@pytest.mark.parametrize(
    ("body", "words", "seconds"),
    [
        ({"error": {"details": [{"@type": "google.rpc.RetryInfo", "retryDelay": "5.0s"}]}}, "", 5),
        ([{"error": {"details": [{"retryDelay": "1m2.5s"}]}}], "", 62.5),
        ({"retry_after": 7}, "", 7),
        ({"error": {"details": [{"retryDelay": {"seconds": 5, "nanos": 0}}]}}, "", 5),
        ({"error": "Model x is currently loading", "estimated_time": 20.5}, "", 20.5),
        ({"error": {"retry_after": "7.5"}}, "", 7.5),
        ({"error": {"retryAfterMs": 250}}, "", 0.25),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "12"}}}}, "", 12),
        ({"error": {"message": "x"}}, "Please try again in 20s.", 20),
        (None, "Limit 6000. Please try again in 1m30.5s. Upgrade at https://x/billing", 90.5),
        (None, "Please retry after 20 seconds. See https://aka.ms/oai/quotaincrease", 20),
        (None, "try again in 6ms", 0.006),
        (None, "wait 2 minutes", 120),
        (None, "retry your request after 3 seconds", 3),
        ({"retry_after": True}, "", None),
        ({"retry_after": "soon"}, "", None),
        ({"retryDelay": -5}, "", None),
        (None, "Try again later: 5 of 10 are busy", None),
        (None, "", None),
    ],
)
def test_a_wait_that_the_body_names_counts_like_a_header(body, words, seconds):
    """A field of any depth, the headers of a provider, or words."""
    failure = Failure(status=429, body=body, words=words)
    delay_s = server_delay_s(failure, now_s=NOW_S)
    assert delay_s == (seconds if seconds is None else pytest.approx(seconds))
    expected = 0.5 if seconds is None else seconds if seconds <= 60 else None
    assert wait_s(failure, 1, now_s=NOW_S, chance=1.0) == (expected and pytest.approx(expected))


def test_a_header_comes_before_the_body():
    """And a field before words."""
    header, body = {"retry-after": "3"}, {"retry_after": 5}
    failure = Failure(status=503, headers=header, body=body, words="try again in 7 s")
    assert server_delay_s(failure, now_s=NOW_S) == 3
    failure = Failure(status=503, body=body, words="try again in 7 s")
    assert server_delay_s(failure, now_s=NOW_S) == 5


@pytest.mark.parametrize(
    ("words", "body", "is_credit"),
    [
        (GOOGLE, {"error": {"code": "insufficient_quota"}}, True),
        ("Your credit balance is too low", None, True),
        ("Insufficient Balance", None, True),
        ("您的账户已欠费,请充值后重试", None, True),
        ("账户余额不足", {"error": {"code": "1113"}}, True),
        ("You have run out of credits", None, True),
        ("Billing hard limit has been reached", None, True),
        (GOOGLE, {"error": {"status": "RESOURCE_EXHAUSTED"}}, True),
        (GOOGLE, {"error": {"details": [{"retryDelay": "20s"}]}}, False),
        ("Rate limit reached. Try again in 1s. See https://x/billing", None, False),
        ("Rate limit reached, see https://x/settings/billing", None, False),
        ("Too many requests", None, False),
    ],
)
def test_a_429_about_credit_is_not_retried(words, body, is_credit):
    """Whatever its headers say; a quota per minute, for which the body names a wait, is no such."""
    headers = {"retry-after": "1", "x-ratelimit-reset-requests": "1s"}
    failure = Failure(status=429, headers=headers, words=words, body=body)
    assert is_about_credit(failure) == is_credit
    assert (wait_s(failure, 1, now_s=NOW_S, chance=1.0) is None) == is_credit


@pytest.mark.parametrize(
    ("words", "body", "blames"),
    [
        ("image input is not supported - hint: provide the mmproj", None, True),
        ("7 validation errors for Part: 0.type: Input should be 'text'", None, True),
        ("this model doesn't support tools", None, True),
        ("Jinja Exception: Conversation roles must alternate user/assistant", None, True),
        ("tools param requires --jinja flag", None, True),
        ("Failed to parse grammar", None, True),
        ("litellm.NotFoundError: model x not found", None, True),
        ("No available channel", {"error": {"code": "model_not_found"}}, True),
        ("upstream returned 400: invalid value for 'temperature'", None, True),
        ("upstream error, status code: 422", None, True),
        ("upstream returned 502", None, False),
        ("litellm.InternalServerError: Connection error.", None, False),
        ("CUDA error: an illegal memory access was encountered", None, False),
        ("Unsupported value", None, True),
        ("temperature must be at most 1", None, True),
        ("the prompt exceeds the context size", None, True),
        ("no", {"error": {"type": "invalid_request_error"}}, True),
        ("no", {"error": {"code": 400}}, True),
        ("no", {"error": {"code": 429}}, False),
        ("no", {"error": {"code": 500}}, False),
        ("Internal Server Error", None, False),
        ("upstream connect error: not supported", None, False),
        ("The model is overloaded: the queue must be empty", None, False),
        ("invalid response from the backend", None, False),
    ],
)
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_that_blames_the_request_is_not_retried(status, words, body, blames):
    """The same request would fail again; a state that passes is another thing."""
    failure = Failure(status=status, words=words, body=body)
    assert blames_request(failure) == blames
    assert (wait_s(failure, 1, now_s=NOW_S, chance=1.0) is None) == blames


def test_only_a_5xx_is_said_to_blame_the_request():
    """A 400 does so by its status."""
    assert not blames_request(Failure(status=400, words="not supported"))
    assert not blames_request(Failure(words="not supported"))
