"""A stopwatch measures from its creation or its last restart."""

from __future__ import annotations

import time

import pytest

from chat_magic.transport.stopwatch import Stopwatch


@pytest.fixture
def pass_seconds(monkeypatch):
    """Return a function that advances the clock."""
    now_s = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now_s[0])

    def pass_seconds(seconds):
        now_s[0] += seconds

    return pass_seconds


def test_it_measures_the_seconds_since_it_was_created(pass_seconds):
    """Reading it does not stop it."""
    stopwatch = Stopwatch()
    assert stopwatch.elapsed_s == 0.0
    pass_seconds(1.5)
    assert stopwatch.elapsed_s == 1.5
    pass_seconds(1.0)
    assert stopwatch.elapsed_s == 2.5


def test_it_can_be_restarted(pass_seconds):
    """It then measures from zero."""
    stopwatch = Stopwatch()
    pass_seconds(1.5)
    stopwatch.restart()
    pass_seconds(0.25)
    assert stopwatch.elapsed_s == 0.25
