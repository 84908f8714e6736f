"""The number of a result in the history, for which its users wait a moment."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest

from chat_magic.results.history_number import HistoryNumber


def test_a_known_number_is_there_at_once():
    """As that of a loaded result."""
    assert HistoryNumber(7).get(0) == 7


def test_those_who_ask_wait_for_the_number():
    """All of them."""
    number = HistoryNumber()
    found = []
    threads = [threading.Thread(target=lambda: found.append(number.get(30))) for _ in range(3)]
    for thread in threads:
        thread.start()
    number.set(5)
    for thread in threads:
        thread.join()
    assert found == [5, 5, 5]


def test_without_a_number_in_time_there_is_none():
    """It may still come."""
    number = HistoryNumber()
    assert number.get(0) is None
    number.set(3)
    assert number.get(0) == 3


def test_a_history_that_cannot_be_written_gives_none_at_once():
    """Nobody waits then."""
    number = HistoryNumber()
    number.set(None)
    assert number.get() is None


@pytest.mark.parametrize("again", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_has_the_number(again):
    """Without the queue, which belongs to this process."""
    assert again(HistoryNumber(7)).get(0) == 7
