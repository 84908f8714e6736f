"""What answers may cost: requests that could pass the limit are not sent."""

from __future__ import annotations

import asyncio

import pytest

from chat_magic import BudgetExceeded, InvalidRequest, chat, chat_grid
from chat_magic.engine.budget import Budget
from tests.completions import completion
from tests.gateway import whole
from tests.waiting import TIMEOUT_S

PRICES = '[prices]\n"a/*" = { input = 0, output = 1000 }'
"""A thousandth of a dollar for each completion token."""


@pytest.fixture
def ten_tokens(gateway):
    """A gateway whose answers have ten tokens, a cent each."""
    usage = {"prompt_tokens": 1, "completion_tokens": 10, "total_tokens": 11}
    return gateway(lambda _request: whole({**completion("Hi"), "usage": usage}))


async def test_a_request_waits_while_others_could_leave_enough():
    """What they reserved and did not spend is free again."""
    budget = Budget(1.0)
    order = []

    async def second():
        async with budget.reserve(0.6) as reservation:
            order.append("second starts")
            reservation.cost = 0.6

    async with budget.reserve(0.6) as first:
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
        order.append("first ends")
        first.cost = 0.1
    await waiting
    assert order == ["first ends", "second starts"]


async def test_a_request_is_refused_once_nothing_runs_that_could_leave_enough():
    """Without a known cost the estimate counts."""
    budget = Budget(1.0)
    async with budget.reserve(0.6):
        pass
    with pytest.raises(BudgetExceeded, match=r"max_cost \$1: \$0\.6 is spent, and .* about \$0\.5"):
        async with budget.reserve(0.5):
            pytest.fail("it was not refused")
    async with budget.reserve(0.4):
        pass


@pytest.mark.parametrize("n_running", [2, 3, 4, 7, 32])
@pytest.mark.parametrize("dollars", [0.1, 0.011, 1 / 3, 0.0123456])
async def test_a_request_is_refused_whatever_the_sums_of_floats_leave(n_running, dollars):
    """0.1 + 0.1 + 0.1 - 0.1 - 0.1 - 0.1 is above 0, though nothing runs."""
    budget = Budget(1.5 * n_running * dollars)
    started, ends = asyncio.Semaphore(0), asyncio.Event()

    async def run():
        async with budget.reserve(dollars):
            started.release()
            await ends.wait()

    running = [asyncio.create_task(run()) for _ in range(n_running)]
    for _ in running:
        await started.acquire()
    waiting = asyncio.create_task(budget.reserve(n_running * dollars).__aenter__())
    ends.set()
    await asyncio.gather(*running)
    with pytest.raises(BudgetExceeded, match="raise it"):
        await asyncio.wait_for(waiting, TIMEOUT_S)


async def test_a_cost_above_the_estimate_is_told():
    """The error says by how much the limit was passed."""
    budget = Budget(1.0)
    async with budget.reserve(0.5) as reservation:
        reservation.cost = 1.25
    with pytest.raises(BudgetExceeded, match=r"max_cost \$1: passed by \$0\.25"):
        async with budget.reserve(0.1):
            pytest.fail("it was not refused")


async def test_a_request_that_fails_or_is_cancelled_gives_back_what_it_reserved():
    """And counts by what it did cost."""
    budget = Budget(1.0)

    async def fail():
        async with budget.reserve(1.0) as reservation:
            reservation.cost = 0.0
            raise RuntimeError

    await asyncio.gather(fail(), return_exceptions=True)
    holder = asyncio.Event()

    async def hold():
        async with budget.reserve(1.0) as reservation:
            reservation.cost = 0.0
            holder.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await holder.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with budget.reserve(1.0):
        pass


def test_without_a_known_price_nothing_is_sent(ten_tokens):
    """The error names the table of prices."""
    with pytest.raises(
        InvalidRequest, match=r"max_cost: the price of a/b is not known.*\[prices\]"
    ):
        chat("Hi", model="a/b", max_cost=1)
    assert ten_tokens.requests == []


@pytest.mark.parametrize("price", ["{ input = 1 }", "{ output = 1 }", "{ cached_input = 1 }"])
def test_with_half_a_price_nothing_is_sent(ten_tokens, config_file, price):
    """Without input or output no cost would be known, and no limit would hold."""
    config_file(f'[prices]\n"a/b" = {price}')
    with pytest.raises(InvalidRequest, match=r"max_cost: the price of a/b has no input, or no out"):
        chat("Hi", model="a/b", max_cost=1)
    assert ten_tokens.requests == []


def test_the_service_tier_that_is_asked_for_counts(ten_tokens, config_file):
    """Where it is dearer."""
    config_file(
        '[prices]\n"a/b" = { input = 0, output = 1000, tiers.priority = { output = 2000 } }'
    )
    limits = {"max_cost": 0.15, "max_completion_tokens": 100}
    chat("Hi", model="a/b", **limits)
    with pytest.raises(BudgetExceeded, match=r"may cost about \$0.2;"):
        chat("Hi", model="a/b", service_tier="priority", **limits)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "1", True])
def test_the_limit_is_a_number_of_dollars(ten_tokens, limit):
    """Above 0 and finite."""
    with pytest.raises(InvalidRequest, match=r"max_cost .*: must be a number of dollars above 0"):
        chat("Hi", model="a/b", max_cost=limit)


def test_a_request_that_could_pass_the_limit_is_not_sent(ten_tokens, config_file):
    """By its token limit, or by 1,000 tokens without one."""
    config_file(PRICES)
    with pytest.raises(BudgetExceeded, match=r"may cost about \$1;"):
        chat("Hi", model="a/b", max_cost=0.5)
    assert ten_tokens.requests == []
    result = chat("Hi", model="a/b", max_cost=0.5, max_completion_tokens=100)
    assert result.cost == pytest.approx(0.01)


def test_a_grid_keeps_what_was_answered_within_the_limit(ten_tokens, config_file):
    """Three answers of a cent each fit, and the reservation of the next does not."""
    config_file(PRICES)
    with pytest.raises(BudgetExceeded) as caught:
        chat_grid(
            "Hi", model="a/b", sweep={"seed": [0, 1, 2, 3, 4]},
            max_completion_tokens=10, max_cost=0.035, concurrency=1,
        )  # fmt: skip
    assert len(ten_tokens.requests) == 3
    results = caught.value.result
    assert [result.text for result in results] == ["Hi", "Hi", "Hi", "", ""]
    assert list(results.errors) == [3, 4]


def test_extra_requests_count_too(gateway, config_file):
    """Those for choices that the server did not return; what had arrived is kept."""
    config_file(PRICES)
    usage = {"prompt_tokens": 1, "completion_tokens": 15, "total_tokens": 16}
    server = gateway(whole({**completion("Hi"), "usage": usage}))
    with pytest.raises(BudgetExceeded, match=r"\$0\.015 is spent") as caught:
        chat("Hi", model="a/b", n=2, max_completion_tokens=10, max_cost=0.02)
    assert len(server.requests) == 1
    assert caught.value.result.text == "Hi"


def test_without_a_limit_a_request_waits_for_no_turn_of_the_loop():
    """Neither before it nor after it: most requests have none."""

    async def request():
        async with Budget(None).reserve(1.0):
            pass

    with pytest.raises(StopIteration):
        request().send(None)
