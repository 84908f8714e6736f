"""Grids while they run: concurrency, faults, interrupts and progress."""

from __future__ import annotations

import threading

import pytest

from chat_magic import ChatError, ChatInterrupted, ChatResults, chat_grid
from chat_magic.engine.grid_task import GridTask
from chat_magic.engine.session import default_session
from chat_magic.errors import ApiError
from tests import interrupts
from tests.completions import delta
from tests.engine.calls import echo, plan_cell, start_cell
from tests.gateway import HOLD, Wait, events, whole
from tests.waiting import TIMEOUT_S, wait_until


@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_requests_run_at_a_time_as_allowed(gateway, concurrency):
    """Requests for missing choices count too: the server returns one choice of two."""
    total = 6 * 2
    ends = [threading.Event() for _ in range(total)]
    waiting = iter(ends)
    n_running = []

    def answer(_request):
        n_running.append(len(n_running) + 1 - sum(end.is_set() for end in ends))
        return events(Wait(next(waiting)), delta("Hi", finish_reason="stop"))

    gateway(answer)
    run = start_cell("%%chat a/b --n 2 --sweep seed=0,1,2,3,4,5\nHi", concurrency=concurrency)
    for n_ended, end in enumerate(ends):
        expected = min(n_ended + concurrency, total)
        wait_until(lambda expected=expected: len(n_running) == expected)
        end.set()
    assert [len(result) for result in run.wait()] == [2] * 6
    assert max(n_running) == concurrency


def test_a_run_that_fails_does_not_stop_the_others(gateway):
    """`.errors` says why it failed; what had arrived of it is kept."""

    def answer(request):
        if request.json["model"] == "c/d":
            return whole({"error": {"message": "bad key"}}, status=401)
        if request.json["model"] == "e/f":
            return events(delta("Half"), b"data: {broken\n\n")
        return echo(request)

    gateway(answer)
    results = chat_grid("Hi", models=["a/b", "c/d", "e/f"])
    assert [result.text for result in results] == ["a/b None Hi", "", "Half"]
    assert list(results.errors) == [1, 2]
    assert "bad key" in results.errors[1]
    assert "\n" not in results.errors[1]
    assert results[2][0].finish_reason == "error"
    assert results.frame["run"].tolist() == [0, 2]


def test_an_error_is_raised_if_all_runs_fail(gateway):
    """It has the number of runs, the first reason, its cause, and what had arrived."""

    def answer(request):
        status = 500 if request.json["model"] == "a/b" else 400
        return whole({"error": {"message": f"no {status}"}}, status=status)

    gateway(answer)
    with pytest.raises(
        ChatError, match=r"all 2 runs failed: .*no 500.*\(and 1 other reason\)$"
    ) as e:
        chat_grid("Hi", models=["a/b", "c/d"], retries=0)
    assert isinstance(e.value.result, ChatResults)
    assert list(e.value.result.errors) == [0, 1]
    assert isinstance(e.value.__cause__, ApiError)
    assert e.value.__cause__.status == 500


def test_the_timeout_applies_to_each_run(gateway):
    """It starts when the request of the run is sent; the other runs are not affected."""

    def answer(request):
        stalls = request.json["model"] == "a/b"
        return events(delta("Half"), HOLD) if stalls else echo(request)

    gateway(answer)
    results = chat_grid("Hi", models=["a/b", "c/d"], timeout=0.5, concurrency=1)
    assert [result.text for result in results] == ["Half", "c/d None Hi"]
    assert "not complete within 0.5 s" in results.errors[0]


def test_an_interrupt_cancels_all_runs_and_keeps_what_had_arrived(gateway):
    """The results have complete, partial and empty answers in their order."""

    def answer(request):
        return echo(request) if request.json["seed"] == 0 else events(delta("Half"), HOLD)

    server = gateway(answer)
    handle = start_cell("%%chat a/b --sweep seed=0,1,2,3\nHi", concurrency=2)

    def cancel_when_begun(task):
        if all(run.task and run.task.has_output for run in task.runs[:3]):
            assert task.note == "1 of 4 done"
            handle.cancel()
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        handle.wait(cancel_when_begun)
    results = caught.value.result
    assert [result.text for result in results] == ["a/b None Hi", "Half", "Half", ""]
    assert results.errors == {
        1: "interrupted",
        2: "interrupted",
        3: "interrupted before it was sent",
    }
    assert results[1][0].finish_reason == "interrupted"
    assert len(server.requests) == 3
    assert all(request.closed.wait(TIMEOUT_S) for request in server.requests[1:])


def test_an_interrupt_at_any_moment_leaves_no_lock_held(gateway):
    """The grid after them is answered."""
    gateway(interrupts.answer)
    cell = "%%chat a/b --sweep seed=0,1,2\nHi"
    assert interrupts.strike(lambda: start_cell(cell, concurrency=2), 30, 0.0004) > 20
    assert chat_grid("Last", models=["a/b"])[0].text == "Hi"


def test_the_note_says_how_many_runs_are_done_and_what_is_waited_for(gateway):
    """For example, that a request is about to be retried."""
    server = gateway(whole({"error": "busy"}, status=503))
    run = start_cell("%%chat --models a/b,c/d\nHi")
    server.wait_for_request()
    wait_until(lambda: "try 2 of 3" in run.task.note)
    assert run.task.note.startswith("0 of 2 done · ")
    assert run.task.elapsed_s > 0
    run.cancel()
    with pytest.raises(ChatInterrupted) as caught:
        run.wait()
    assert caught.value.result is None


@pytest.mark.parametrize(("count", "says_size"), [(20, False), (21, True)])
def test_a_large_grid_first_says_its_size_and_what_it_may_cost(config_file, count, says_size):
    """Above 20 requests, until the first of them has ended."""
    config_file('[prices]\n"a/*" = { input = 0, output = 1000 }')
    seeds = ",".join(map(str, range(count)))
    plan = plan_cell(f"%%chat a/b --max-completion-tokens 10 --sweep seed={seeds}\nHi")
    task = GridTask(plan, default_session(), lambda: None)
    size = f"{count} requests ({count} seed), at most about ${count / 100:.2g} · "
    assert task.note == (size if says_size else "") + f"0 of {count} done"
    task.runs[0].is_done = True
    assert task.note == f"1 of {count} done"
