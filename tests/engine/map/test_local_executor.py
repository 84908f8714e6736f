"""Rows that are asked from this process, within limits."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from itertools import count

import pytest

from chat_magic import BudgetExceeded, ChatError, ChatInterrupted, RateLimited
from chat_magic.engine.session import default_session
from tests.engine.test_chat_map import ask, refusal, shout
from tests.gateway import Wait, events

ROWS = [f"row {number}" for number in range(60)]
PRICES = '[prices]\n"a/b" = { input = 1, output = 1000 }\n'
"""A completion of 2 tokens costs $0.002, and a prompt of 5 tokens $0.000005."""


def test_refusals_for_the_rate_slow_the_map_down_and_no_row_is_lost(gateway):
    """However many there are: they count against no retries."""
    numbers = count()
    server = gateway(
        lambda request: (
            refusal(429, "slow down", **{"retry-after-ms": "1"})
            if next(numbers) % 2
            else shout(request)
        )
    )
    answers = ask(ROWS)
    assert answers["answer"].tolist() == [row.upper() for row in ROWS]
    assert answers.attrs["chat_magic"]["limits"] == ["rate"]
    assert len(server.requests) > 60


def test_a_storm_of_refusals_at_once_ends_with_all_rows(gateway):
    """A server that takes 20 requests, then refuses for 0.2 s, and so on."""
    state = {"taken": 0, "until": 0.0}

    def answer(request):
        now = time.monotonic()
        if now < state["until"]:
            return refusal(429, "slow down", **{"retry-after-ms": "50"})
        state["taken"] += 1
        if state["taken"] % 20 == 0:
            state["until"] = now + 0.2
        return shout(request)

    gateway(answer)
    assert ask(ROWS, concurrency=16)["answer"].notna().all()


def test_no_more_requests_start_in_a_time_than_allowed(gateway):
    """Those sent again included: 1,200 a minute are at most 5 % more than 20 in any second."""
    times, numbers = [], count()

    def answer(request):
        times.append(time.monotonic())
        refused = next(numbers) % 3 == 0
        return refusal(429, "no", **{"retry-after-ms": "1"}) if refused else shout(request)

    gateway(answer)
    assert ask(ROWS[:30], requests_per_minute=1200)["answer"].notna().all()
    span_s = times[-1] - times[0]
    assert len(times) <= 1 + 10 + span_s * 20 + 1


QUOTAS = {
    "insufficient_quota": refusal(429, "You exceeded your current quota: insufficient_quota"),
    "a long wait": refusal(429, "come back later", **{"retry-after": "3600"}),
}


@pytest.mark.parametrize("answer", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_that_is_used_up_ends_the_map(gateway, answer):
    """What was answered before is in the table."""
    numbers = count()
    server = gateway(lambda request: shout(request) if next(numbers) < 10 else answer)
    with pytest.raises(RateLimited) as caught:
        ask(ROWS, concurrency=2)
    assert isinstance(caught.value, ChatError)
    assert caught.value.result["answer"].notna().sum() == 10
    assert len(server.requests) <= 13


def test_no_request_starts_that_could_pass_the_cost(gateway, config_file):
    """Each reserves its token limit: $0.01; five fit at first, and unused ones come back."""
    config_file(PRICES)
    server = gateway(shout)
    with pytest.raises(BudgetExceeded, match="max_cost") as caught:
        ask(ROWS, max_cost=0.05, max_completion_tokens=10)
    answers = caught.value.result
    spent = answers["answer.cost"].sum()
    assert 0.035 < spent <= 0.05
    assert answers["answer"].notna().sum() == len(server.requests)
    assert answers.attrs["chat_magic"]["cost"] == pytest.approx(spent)
    assert "max_cost" in answers.attrs["chat_magic"]["limits"]


def test_other_failures_are_retried_as_in_a_cell(gateway):
    """Twice by default."""
    numbers = count()
    server = gateway(
        lambda request: (
            refusal(503, "busy", **{"retry-after-ms": "1", "x-should-retry": "true"})
            if next(numbers) == 0
            else shout(request)
        )
    )
    assert ask(["one"])["answer"].tolist() == ["ONE"]
    assert len(server.requests) == 2


def test_a_closed_session_ends_the_map(gateway):
    """It does not wait for rows that never come."""
    hold = threading.Event()
    server = gateway(events(Wait(hold)))

    def close():
        server.wait_for_request()
        default_session().close()

    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(ChatError) as caught:
        ask(ROWS)
    closing.join()
    hold.set()
    assert len(caught.value.result) == 60


PROGRAM = """
import json
from chat_magic import ChatInterrupted, chat_map
rows = [f"row {number}" for number in range(60)]
try:
    chat_map(rows, "{{ text }}", concurrency=2, resume=False, progress=False)
except ChatInterrupted as error:
    print(json.dumps([len(error.result), int(error.result["answer"].notna().sum())]))
"""


def test_an_interrupt_keeps_what_is_done(gateway, start_python):
    """It is a KeyboardInterrupt with the table so far."""
    assert issubclass(ChatInterrupted, KeyboardInterrupt)
    hold, numbers, reached = threading.Event(), count(), threading.Event()

    def answer(request):
        if next(numbers) < 10:
            return shout(request)
        reached.set()
        return events(Wait(hold))

    gateway(answer)
    process = start_python(PROGRAM, stdout=subprocess.PIPE)
    assert reached.wait(30)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    hold.set()
    length, answered = json.loads(output)
    assert length == 60
    assert 9 <= answered <= 10
