"""Interrupts at many moments of a wait, as a user's can come at any."""

from __future__ import annotations

import signal

from chat_magic import ChatInterrupted
from tests.completions import completion, delta
from tests.gateway import HOLD, events, streamed


def answer(request):
    """Stall after the first word of every answer but the last."""
    is_last = request.json["messages"][0]["content"] == "Last"
    return streamed(completion("Hi")) if is_last else events(delta("Half"), HOLD)


def strike(start, count, step_s):
    """Start runs and interrupt each a little later; return how many told that they were."""

    def interrupt(_signal, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    n_told = 0
    try:
        for step in range(count):
            run = start()
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001 + step * step_s)
                run.wait(lambda _run: 0.0)
            except KeyboardInterrupt as error:  # on a busy machine it may strike before the wait
                n_told += isinstance(error, ChatInterrupted)
                run.cancel()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return n_told
