"""The turns of conversations, as the history keeps them."""

from __future__ import annotations

import pytest

from chat_magic.store.turns import ThreadPlace
from tests.store.executions import ended, keep, open_store, started

TRIP = ThreadPlace("/w/a.ipynb", "trip")


@pytest.fixture
def store(tmp_path):
    """A history of its own."""
    store = open_store(tmp_path / "history.db")
    yield store
    store.close()


def ask(store, position, *, place=TRIP, prompt="Hi", **fields):
    """Keep an answer as a turn; return its number."""
    numbers = []
    execution = store.start(lambda: started(prompt, **fields), numbers.append)
    execution.turn = place, position
    execution.end(lambda: ended("Hello", total_tokens=10 * position))
    store.flush()
    return numbers[-1]


def live(store, place=TRIP):
    """Return the numbers of the executions that are turns, in order."""
    turns = store.threads.turns(place)
    assert [turn.position for turn in turns] == [*range(1, len(turns) + 1)]
    return [turn.execution_id for turn in turns]


def test_an_execution_becomes_a_turn_when_it_ends(store):
    """With its cell and its session."""
    execution = store.start(lambda: started(cell_id="c1"))
    assert live(store) == []
    execution.turn = TRIP, 1
    execution.end(ended)
    (turn,) = store.threads.turns(TRIP)
    assert (turn.cell_id, turn.session_key) == ("c1", store.session_key)


def test_a_turn_takes_the_place_of_its_position_and_the_later_ones(store):
    """They stay in the history."""
    numbers = [ask(store, position) for position in (1, 2, 3)]
    again = ask(store, 2)
    assert live(store) == [numbers[0], again]
    assert len(store.search()) == 4


def test_an_execution_that_was_forgotten_meanwhile_is_no_turn(store):
    """And drops none."""
    first, numbers = ask(store, 1), []
    execution = store.start(started, numbers.append)
    store.flush()
    store.forget(numbers)
    execution.turn = TRIP, 1
    execution.end(ended)
    assert live(store) == [first]
    assert store.writer.take_faults() == []


STEPS = [
    ("1 2 3 1", [1, 2, 3], "the later turns and the replaced one"),
    ("1 2 3 2 1", [1, 4], "the last drop only"),
    ("1 2 3 2 1 undo", [1, 2, 3], "then the drop before it"),
    ("1 2 3 2 3 4", [1, 2, 3], "what was added since is no part any more"),
    ("1 2 reset", [1, 2], "all turns"),
    ("1 2 reset 1 2", [1, 2], "in place of a new beginning"),
    ("1 reset 1 reset", [2], "the last reset only"),
    ("1 reset 1 reset undo", [1], "then the one before it"),
    ("1 2 1 reset", [3], "the reset comes after the drop"),
    ("1 2 1 reset undo", [1, 2], "then the drop"),
    ("1 2 1 undo reset", [1, 2], "a reset after an undo"),
    ("1 1 undo 1 undo", [1], "nothing is left to restore"),
]


@pytest.mark.parametrize(("steps", "left", "why"), STEPS, ids=[step[0] for step in STEPS])
def test_undo_restores_what_was_dropped_last(store, steps, left, why):
    """A number is a turn asked at that position; executions count from 1."""
    for step in steps.split():
        if step.isdigit():
            ask(store, int(step))
        else:
            getattr(store.threads, step)(TRIP)
    store.threads.undo(TRIP)
    assert live(store) == left, why


def test_undo_says_what_is_back_and_what_is_gone(store):
    """Positions and executions."""
    for position in (1, 2, 3, 2, 3):
        ask(store, position)
    assert store.threads.undo(TRIP) == ([2, 3], [4, 5])
    assert store.threads.undo(TRIP) == ([], [])


def test_reset_drops_all_turns(store):
    """And says how many; other threads stay."""
    other = ThreadPlace(TRIP.scope, "other")
    ask(store, 1, place=other)
    for position in (1, 2):
        ask(store, position)
    assert store.threads.reset(TRIP) == 2
    assert store.threads.reset(TRIP) == 0
    assert (live(store), live(store, other)) == ([], [1])


def test_a_fork_begins_with_the_turns_of_another(store):
    """Each goes its own way from there; a name that is taken is left alone."""
    for position in (1, 2, 1, 2):
        ask(store, position)
    fork = ThreadPlace(TRIP.scope, "fork")
    assert store.threads.fork(TRIP, "fork") == 2
    ask(store, 2, place=fork)
    assert (live(store), live(store, fork)) == ([3, 4], [3, 5])
    assert store.threads.fork(TRIP, "fork") is None
    assert store.threads.undo(fork) == ([2], [5])
    assert store.threads.fork(ThreadPlace(TRIP.scope, "none"), "new") == 0


def test_threads_are_listed_by_name(store):
    """Of one notebook: the last turn's model, time and tokens, and the first prompt."""
    assert store.threads.list_threads(TRIP.scope) == []
    ask(store, 1, prompt="First", model="x/y")
    ask(store, 2, prompt="Second", started_s=7.0)
    ask(store, 1, place=ThreadPlace(TRIP.scope, "empty"))
    store.threads.reset(ThreadPlace(TRIP.scope, "empty"))
    ask(store, 1, place=ThreadPlace("/w/b.ipynb", "other"))
    keep(store)
    empty, trip = store.threads.list_threads(TRIP.scope)
    assert (empty.thread, empty.turns, empty.prompt) == ("empty", 0, None)
    assert (trip.thread, trip.turns, trip.model, trip.started_s) == ("trip", 2, "a/b", 7.0)
    assert (trip.total_tokens, trip.prompt) == (20, "First")


def test_a_look_at_the_threads_makes_no_file(tmp_path):
    """As completion asks for them."""
    store = open_store(tmp_path / "history.db")
    assert store.threads.list_threads("x") == []
    assert not store.path.exists()
