"""Waiting for a task: its result, its display, its cancellation, and interrupts at any moment."""

from __future__ import annotations

import _thread
import asyncio
import gc
import socket
import threading
from queue import SimpleQueue

import pytest

import chat_magic
from chat_magic import ChatInterrupted, StreamBroken
from chat_magic.engine.answer_task import AnswerTask
from chat_magic.engine.session import default_session
from chat_magic.engine.task_handle import TaskHandle, take
from tests import interrupts
from tests.completions import DONE, completion, delta
from tests.engine.calls import prepare, start
from tests.gateway import HOLD, Wait, events, streamed
from tests.waiting import TIMEOUT_S


def test_a_task_that_is_cancelled_raises_in_the_thread_that_waits(gateway):
    """Also if it had hardly begun; `.result` holds what had arrived."""
    gateway(events(delta("Half"), HOLD))
    call = prepare(messages="Hi")
    early = start(call)
    early.cancel()
    with pytest.raises(ChatInterrupted):
        early.wait()
    late = start(call)

    def cancel_when_begun(task):
        if task.has_output:
            late.cancel()
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        late.wait(cancel_when_begun)
    assert caught.value.result.text == "Half"


def test_an_interrupt_at_any_moment_cancels_the_request_and_leaves_no_lock_held(gateway):
    """Each request ends, and the one after them is answered."""
    gateway(interrupts.answer)
    call = prepare(messages="Hi")
    assert interrupts.strike(lambda: start(call), 60, 0.0002) > 40
    assert chat_magic.chat("Last").text == "Hi"


def test_a_thousand_interrupted_requests_leak_nothing(gateway):
    """No task, socket or thread is left."""
    server = gateway(events(delta("Half"), HOLD))
    call = prepare(messages="Hi")
    loop = default_session().loop.submit(_running_loop()).result()

    def count_resources():
        gc.collect()
        sockets = [s for s in gc.get_objects() if type(s) is socket.socket and s.fileno() >= 0]
        return len(asyncio.all_tasks(loop)), threading.active_count(), len(sockets)

    def interrupt_when_begun():
        handle = start(call)

        def show(task):
            if task.has_output:
                handle.cancel()
            return 0.0

        with pytest.raises(ChatInterrupted):
            handle.wait(show)

    interrupt_when_begun()
    before = count_resources()
    for _ in range(1000):
        interrupt_when_begun()
    assert all(request.closed.wait(TIMEOUT_S) for request in server.requests)
    assert count_resources() == before


async def _running_loop():
    return asyncio.get_running_loop()


def test_an_interrupt_between_two_drawings_cancels_the_request(gateway):
    """It strikes where a loop begins anew; Python 3.13 raises it outside of a `try` around that."""
    gateway(events(delta("Half"), HOLD))

    def show(task):
        if task.has_output:
            _thread.interrupt_main()
        return 0.0

    with pytest.raises(ChatInterrupted) as caught:
        start(prepare(messages="Hi")).wait(show)
    assert caught.value.result.text == "Half"


def test_an_interrupt_while_drawing_cancels_the_request(gateway):
    """`.result` holds what had arrived, and the connection is closed."""
    server = gateway(events(delta("Half"), HOLD))

    def show(task):
        if task.has_output:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(ChatInterrupted) as caught:
        start(prepare(messages="Hi")).wait(show)
    assert caught.value.result.text == "Half"
    assert server.requests[0].closed.wait(TIMEOUT_S)


def test_a_display_that_fails_costs_a_warning_and_not_the_answer(gateway):
    """It is not called again, and the request is received to its end."""
    gate, n_calls = threading.Event(), []
    rest = delta(" answer", finish_reason="stop")
    server = gateway(events(delta("Whole"), Wait(gate), rest, DONE), streamed(completion("Next")))

    def show(task):
        n_calls.append(task)
        gate.set()
        raise RuntimeError("no screen")

    result = start(prepare(messages="Hi")).wait(show)
    assert result.text == "Whole answer"
    assert result.warnings == ("the display failed: RuntimeError: no screen",)
    assert len(n_calls) == 1
    assert chat_magic.chat("Hi").text == "Next"
    assert server.n_connections == 1


def test_a_display_that_fails_does_not_hide_the_error_of_the_request(gateway):
    """The error is raised with what had arrived."""
    gate = threading.Event()
    gateway(events(delta("Half"), Wait(gate), b"data: {broken\n\n"))

    def show(_task):
        gate.set()
        raise RuntimeError("no screen")

    with pytest.raises(StreamBroken) as caught:
        start(prepare(messages="Hi")).wait(show)
    assert caught.value.result.text == "Half"


def test_a_display_that_fails_is_in_the_warnings_of_a_partial_result(gateway):
    """Of a request that fails later: its error is raised, with what had arrived."""
    gate = threading.Event()
    gateway(events(delta("Half"), Wait(gate), b"data: {broken\n\n"))

    def show(task):
        if not task.has_output:
            return 0.0
        gate.set()
        raise RuntimeError("no screen")

    with pytest.raises(StreamBroken) as caught:
        start(prepare(messages="Hi")).wait(show)
    assert "the display failed: RuntimeError: no screen" in caught.value.result.warnings


def test_whatever_is_raised_while_waiting_cancels_the_request(gateway):
    """Slow work that fails, as an import can."""
    server = gateway(events(delta("Half"), HOLD))

    def fail():
        server.wait_for_request()
        raise ImportError("no such module")

    session, call = default_session(), prepare(messages="Hi")
    handle = TaskHandle(
        session.loop, lambda on_change: AnswerTask(call, session, on_change), str, fail
    )
    with pytest.raises(ImportError):
        handle.wait()
    assert server.requests[0].closed.wait(TIMEOUT_S)


def test_a_result_can_be_waited_for_more_than_once(gateway):
    """In this thread and in others; it is the same each time."""
    gateway(streamed(completion("Hi")))
    handle = start(prepare(messages="Hi"))
    results = [handle.wait()]
    thread = threading.Thread(target=lambda: results.append(handle.wait()))
    thread.start()
    thread.join(TIMEOUT_S)
    assert [result.text for result in results] == ["Hi", "Hi"]
    handle.cancel()
    assert handle.wait().text == "Hi"


def test_slow_work_is_done_in_the_waiting_thread_before_the_result_is_finished(gateway):
    """`while_waiting` runs first, then `finish`, both in the thread that waits."""
    gateway(streamed(completion("Hi")))
    session, call, steps = default_session(), prepare(messages="Hi"), []

    def finish(result):
        steps.append(("finish", threading.current_thread()))
        return result

    handle = TaskHandle(
        session.loop,
        lambda on_change: AnswerTask(call, session, on_change),
        finish=finish,
        while_waiting=lambda: steps.append(("while_waiting", threading.current_thread())),
    )
    handle.wait()
    this = threading.current_thread()
    assert steps == [("while_waiting", this), ("finish", this)]


def test_taking_from_a_queue_tells_whether_an_item_arrived():
    """An empty queue is waited for only as long as the timeout."""
    queue = SimpleQueue()
    assert not take(queue, 0.0)
    queue.put(None)
    assert take(queue, 0.0)
