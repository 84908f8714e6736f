"""What was in memory before a map is left out of garbage collections while it runs."""

from __future__ import annotations

import gc
import weakref

import pytest

from chat_magic.engine.map.frozen_heap import frozen_heap
from tests.engine.test_chat_map import ask, shout


@pytest.fixture(autouse=True)
def _is_not_frozen():
    """The heap of the tests is frozen, see `tests/conftest.py`."""
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.freeze()


class Node:
    """An object that can be in a cycle."""


def cycle():
    """Return a weak reference to an object that only a collection can free."""
    node = Node()
    node.itself = node
    return weakref.ref(node)


def test_what_is_made_inside_is_collected_and_what_was_there_afterwards():
    """As it would be without it."""
    gc.disable()
    before = cycle()
    with frozen_heap():
        inside = cycle()
        gc.collect()
        assert inside() is None
        assert before() is not None
    gc.enable()
    gc.collect()
    assert before() is None


def test_the_last_of_several_ends_it():
    """Maps may run at the same time."""
    with frozen_heap():
        with frozen_heap():
            pass
        assert gc.get_freeze_count()
    assert not gc.get_freeze_count()


def test_an_error_ends_it_too():
    """As an interrupt does."""
    with pytest.raises(KeyboardInterrupt), frozen_heap():
        raise KeyboardInterrupt
    assert not gc.get_freeze_count()


def test_a_heap_that_others_have_frozen_stays_frozen():
    """It is not ours to end."""
    gc.freeze()
    with frozen_heap():
        pass
    assert gc.get_freeze_count()


def test_a_map_runs_so(gateway):
    """And leaves nothing behind."""
    counts = []

    def answer(request):
        counts.append(gc.get_freeze_count())
        return shout(request)

    gateway(answer)
    ask(["one", "two"])
    assert all(counts)
    assert gc.get_freeze_count() == 0
