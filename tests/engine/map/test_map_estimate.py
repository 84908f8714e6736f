"""What the rest of a map will take and cost."""

from __future__ import annotations

import numpy as np
import pytest

from chat_magic.engine.map.map_estimate import MapEstimate, RestOfMap, dollars, duration


def estimate_of(costs):
    """Return the estimate after rows of these costs."""
    estimate = MapEstimate()
    for cost in costs:
        estimate.add(cost)
    return estimate


def test_the_rest_costs_the_mean_with_its_interval():
    """Costs 1, 2, 3: mean 2, s 1; 6 more are 12 ± 1.96·√(6·9/3) = 1.96·4.243."""
    rest = estimate_of([1, 2, 3]).rest(6, elapsed_s=30)
    assert rest.cost == pytest.approx(12)
    assert rest.high == pytest.approx(12 + 8.3158, abs=1e-3)
    assert rest.low == pytest.approx(12 - 8.3158, abs=1e-3)
    assert rest.seconds == pytest.approx(60)


def test_the_interval_covers_about_ninety_five_percent():
    """Of maps with random costs, whose rest is known."""
    random, covered = np.random.default_rng(1), 0
    for _ in range(400):
        costs = random.gamma(4, 0.25, 200)
        rest = estimate_of(costs[:50]).rest(150, elapsed_s=1)
        covered += rest.low <= costs[50:].sum() <= rest.high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize("costs", [[], [1.0], [1.0, None, 2.0]])
def test_the_cost_is_not_guessed(costs):
    """It takes two rows to tell a spread, and the prices of all."""
    rest = estimate_of(costs).rest(10, elapsed_s=1)
    assert rest.cost is None
    assert (rest.seconds is None) == (not costs)


def test_it_is_said_in_one_line():
    """Money with its interval, and the time."""
    rest = RestOfMap(n_left=980, seconds=240, cost=1.34, low=1.1, high=1.6)
    assert str(rest) == "980 more: $1.34 (1.10\N{EN DASH}1.60), about 4 min"
    assert str(RestOfMap(n_left=1500, seconds=7200)) == "1,500 more: about 2.0 h"
    assert str(RestOfMap(n_left=3)) == "3 more"


@pytest.mark.parametrize(
    ("value", "words"), [(0, "$0.00"), (0.00123, "$0.0012"), (0.2, "$0.20"), (12.344, "$12.34")]
)
def test_small_amounts_keep_two_digits(value, words):
    """A cent is not rounded to nothing."""
    assert dollars(value) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (240, "4 min")])
def test_a_time_has_one_unit(seconds, words):
    """The largest sensible one."""
    assert duration(seconds) == words
