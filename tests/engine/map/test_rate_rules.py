"""Token buckets and the adaptive limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.engine.map.rate_rules import AdaptiveLimit, TokenBucket, backoff_s


def starts(per_minute, seconds, *, idle_s=0.0):
    """Return when requests start that are always waiting, after a time without any."""
    bucket, now_s, times = TokenBucket(per_minute, now_s=0.0), idle_s, []
    while now_s < idle_s + seconds:
        now_s += bucket.delay_s(1, now_s=now_s)
        bucket.take(1, now_s=now_s)
        times.append(now_s)
    return times


def most_in(times, window_s):
    """Return the largest number of times in a window."""
    return max(sum(start <= time < start + window_s for time in times) for start in times)


@pytest.mark.parametrize("per_minute", [120, 600, 3000])
@pytest.mark.parametrize("idle_s", [0.0, 100.0])
def test_in_any_ten_seconds_at_most_five_percent_more_than_the_rate_start(per_minute, idle_s):
    """A bucket holds half a second's worth."""
    assert most_in(starts(per_minute, 30, idle_s=idle_s), 10) <= per_minute / 6 * 1.05 + 1e-9 + 1


def test_the_rate_is_used_whole():
    """600 a minute are 10 a second."""
    assert len(starts(600, 30)) == pytest.approx(300, abs=2)


def test_a_slow_rate_holds_one():
    """6 a minute: the first at once, then one every 10 s."""
    assert starts(6, 30) == pytest.approx([0, 10, 20, 30])


def test_a_debt_is_waited_for():
    """600 tokens a minute: after a request of 31, 30 are missing, which takes 3 s."""
    bucket = TokenBucket(600, now_s=0)
    assert bucket.delay_s(0, now_s=0) == 0
    bucket.take(31, now_s=0)
    assert bucket.delay_s(0, now_s=0) == pytest.approx(3)
    bucket.take(-10, now_s=0)  # it used fewer than estimated
    assert bucket.delay_s(0, now_s=0) == pytest.approx(2)


def test_a_refusal_empties_a_bucket():
    """What was held is lost; a clock that goes back does not matter."""
    bucket = TokenBucket(600, now_s=100)
    bucket.empty(now_s=110)
    assert bucket.delay_s(1, now_s=90) == pytest.approx(0.1)


def test_a_refusal_halves_the_limit_down_to_one():
    """One row at a time is the floor."""
    limit = AdaptiveLimit(32)
    values = []
    for time in range(7):
        limit.refuse(started_s=time, now_s=time)
        values.append(limit.value)
    assert values == [16, 8, 4, 2, 1, 1, 1]
    assert limit.n_refused == 7


def test_refusals_of_one_wave_count_once():
    """What had started before the decrease was refused for the same reason."""
    limit = AdaptiveLimit(32)
    assert limit.refuse(started_s=1, now_s=2)
    assert not limit.refuse(started_s=1.5, now_s=2.1)
    assert limit.value == 16


def test_successes_raise_the_limit_by_one_for_each_round():
    """4 successes at 4 make 5; it never passes what it began with."""
    limit = AdaptiveLimit(8)
    limit.refuse(started_s=0, now_s=0)
    for _ in range(5):
        limit.succeed()
    assert limit.value == 5
    assert limit.n_refused == 0
    for _ in range(100):
        limit.succeed()
    assert limit.value == 8


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 64))
def test_the_limit_stays_between_one_and_the_most(outcomes, most):
    """Whatever happens."""
    limit = AdaptiveLimit(most)
    for time, is_success in enumerate(outcomes):
        if is_success:
            limit.succeed()
        else:
            limit.refuse(started_s=time, now_s=time)
        assert 1 <= limit.value <= most


@pytest.mark.parametrize(("n", "longest"), [(1, 0.5), (2, 1), (4, 4), (5, 8), (5000, 8)])
def test_pauses_double_up_to_eight_seconds(n, longest):
    """Half of each is at random."""
    assert backoff_s(n, chance=1) == longest
    assert backoff_s(n, chance=0) == longest / 2
