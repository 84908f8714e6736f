"""When the requests of a map start."""

from __future__ import annotations

import asyncio

import pytest

from chat_magic.core.reply.reply import Usage
from chat_magic.engine.map.pacer import Pacer
from chat_magic.engine.map.row_executor import MapLimits
from chat_magic.transport.retry import Failure

SOON = Failure(status=429, headers={"retry-after-ms": "1"}, words="slow down")


def pacer_of(**limits):
    """Return a pacer, and the errors that it ended the map with."""
    errors = []
    return Pacer(MapLimits(**limits), errors.append), errors


async def test_no_more_run_at_a_time_than_allowed():
    """The others wait for their turn, in the order of asking."""
    pacer, _ = pacer_of(concurrency=2)
    running, most, order = 0, 0, []

    async def run(number):
        nonlocal running, most
        async with pacer.row().turn():
            running += 1
            most = max(most, running)
            order.append(number)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*map(run, range(9)))
    assert most == 2
    assert order == list(range(9))


async def test_a_refusal_halves_what_runs_and_the_row_is_asked_again():
    """The pause that the server names is kept by all rows."""
    pacer, errors = pacer_of(concurrency=8)
    row = pacer.row()
    async with row.turn():
        pass
    assert row.repeats(SOON)
    assert pacer.n_slowed == 1
    async with row.turn():
        pass
    row.succeed(None)
    assert not errors


@pytest.mark.parametrize(
    "failure",
    [
        Failure(status=500, words="broken"),
        Failure(status=None, words="lost"),
        Failure(status=503, words="down"),
    ],
)
async def test_other_failures_are_left_to_the_retries(failure):
    """They say nothing of the rate."""
    pacer, errors = pacer_of()
    assert not pacer.row().repeats(failure)
    assert not errors


QUOTAS = {
    "insufficient_quota": Failure(
        status=429, words="You exceeded your quota", body={"error": {"code": "insufficient_quota"}}
    ),
    "billing": Failure(status=429, words="billing hard limit reached"),
    "a long wait": Failure(status=429, headers={"retry-after": "3600"}, words="later"),
}


@pytest.mark.parametrize("failure", QUOTAS.values(), ids=QUOTAS)
async def test_a_quota_that_is_used_up_ends_the_map(failure):
    """Waiting does not help."""
    pacer, errors = pacer_of()
    assert not pacer.row().repeats(failure)
    assert failure.words in str(errors[0])


async def test_ten_minutes_without_a_success_end_the_map():
    """However short the waits are that the server names."""
    now_s, errors = 0.0, []
    pacer = Pacer(MapLimits(), errors.append, clock=lambda: now_s)
    row = pacer.row()
    assert row.repeats(SOON)
    now_s = 599.0
    assert row.repeats(SOON)
    now_s = 601.0
    assert not row.repeats(SOON)
    assert "no row has succeeded for 10 min" in str(errors[0])


async def test_a_success_starts_the_ten_minutes_anew():
    """They count from the first refusal after it."""
    now_s, errors = 0.0, []
    pacer = Pacer(MapLimits(), errors.append, clock=lambda: now_s)
    row = pacer.row()
    row.repeats(SOON)
    now_s = 599.0
    row.succeed(None)
    now_s = 700.0
    assert row.repeats(SOON)
    assert not errors


async def test_tokens_are_a_debt_that_true_usage_corrects():
    """600 a minute: a row estimated at 100 that used 1 leaves no wait."""
    now_s = 0.0
    pacer = Pacer(MapLimits(tokens_per_minute=600), lambda _: None, clock=lambda: now_s)
    row = pacer.row(100)
    async with row.turn():
        pass
    assert pacer._delay_s(now_s) == pytest.approx(9.9)
    row.succeed(Usage(prompt_tokens=1, completion_tokens=0))
    assert pacer._delay_s(now_s) == 0


async def test_a_refused_request_takes_no_tokens():
    """What it was estimated to have flows back; its start still counts against the requests."""
    now_s = 0.0
    limits = MapLimits(tokens_per_minute=600, requests_per_minute=60)
    pacer = Pacer(limits, lambda _: None, clock=lambda: now_s)
    row = pacer.row(6000)
    async with row.turn():
        pass
    row.repeats(SOON)
    assert pacer._delay_s(now_s) == pytest.approx(1)
