"""Executions as tests of the history write them."""

from __future__ import annotations

import json
import time

from chat_magic.store.execution import EndedExecution, RunRequest, StartedExecution
from chat_magic.store.history_store import HistoryStore
from chat_magic.store.journal import Arrival


def started(prompt="Hi", *, model="a/b", **fields):
    """Return the start of an answer."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    run = RunRequest(model=model, endpoint="https://a.example/v1", request=json.dumps(body))
    given = {"kind": "answer", "started_s": time.time(), "model": model, "prompt": prompt}
    return StartedExecution(**{**given, "messages": prompt, "runs": (run,), **fields})


def ended(answer="Hello", *, status="complete", **fields):
    """Return the end of an answer, whose result is `{"text": answer}`."""
    given = {
        "status": status,
        "ended_s": time.time(),
        "result": json.dumps({"text": answer}),
        "answer": answer,
        "texts": answer,
        "answers": 1,
    }
    return EndedExecution(**{**given, **fields})


def replayed(execution):
    """Return the end of a killed execution: what had arrived, joined."""
    arrivals = [entry for entry in execution.journal if isinstance(entry, Arrival)]
    text = b"".join(data for entry in arrivals for data in entry.events).decode()
    return ended(text, status="interrupted")


def open_store(path, **options):
    """Return a store with a writer of its own."""
    given = {"replay": replayed, "without_tokens": lambda text: text}
    return HistoryStore(path, **{**given, **options})


def keep(store, prompt="Hi", answer="Hello", *, end=None, **fields):
    """Write a whole execution; return its number."""
    numbers = []
    execution = store.start(lambda: started(prompt, **fields), numbers.append)
    execution.end(lambda: ended(answer, **(end or {})))
    store.flush()
    return numbers[-1]
