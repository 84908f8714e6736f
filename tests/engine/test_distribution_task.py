"""A search tells its progress while it runs."""

from __future__ import annotations

import asyncio

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.request.search_limits import SearchLimits
from chat_magic.engine.distribution_task import DistributionTask, SearchPlan
from chat_magic.engine.prepare import PreparedCall


class Half:
    """Says that every beginning ends with a probability of one half."""

    async def after(self, _prefix):
        """Return the end and another token."""
        return [NextToken(0, b"", 0.5, is_end=True), NextToken(1, b"a", 0.5, text="a")]


def task(max_requests=50):
    """Return a task whose model goes on by halves."""

    async def connect():
        return Half(), "token ids"

    request = ChatRequest(model="a/b", warnings=("w", "w"))
    limits = SearchLimits(mass=0.95, max_requests=max_requests, max_tokens=32)
    return DistributionTask(
        SearchPlan(
            call=PreparedCall(request=request),
            limits=limits,
            search=AnswerSearch(32),
            connect=connect,
        )
    )


def test_it_ends_when_enough_is_found():
    """Five halvings leave 3 %."""
    running = task()
    assert running.partial() is None
    found = asyncio.run(running.run())
    assert found.n_requests == 5
    assert round(found.unseen, 5) == 0.03125
    assert found.warnings == ("w",)
    assert running.note == "5 of at most 50 requests: 97 % found"


def test_what_was_found_so_far_is_there_at_any_time():
    """After each request."""
    running = task(max_requests=2)
    asyncio.run(running.run())
    assert running.partial().n_requests == 2
    assert running.partial().unseen == 0.25
