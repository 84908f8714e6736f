"""The cache in the history's file."""

from __future__ import annotations

import pytest

from chat_magic.store.cached_answers import (
    forget_unowned,
    latest_requests,
    read_cached,
    write_cached,
)
from chat_magic.store.database import open_database, transaction
from chat_magic.store.history_rows import insert, renew
from chat_magic.store.recording import Recording
from chat_magic.store.retention import forget
from tests.store.executions import started


@pytest.fixture
def connection(tmp_path):
    """Return an open history with two executions."""
    opened = open_database(tmp_path / "history.db")
    with transaction(opened):
        renew(opened, "session", 1.0)
        for _ in range(2):
            insert(opened, "session", started())
    yield opened
    opened.close()


def recording(key="k", recorded_s=5.0, **request):
    """Return a recording."""
    return Recording(key=key, recorded_s=recorded_s, request=request, result={"text": "\ud800 é"})


@pytest.mark.parametrize("execution", [None, 1])
@pytest.mark.parametrize("image", ["short", "data:image/png;base64," + "A" * 5000])
def test_an_answer_is_read_back_by_its_key(connection, execution, image):
    """With its attachments; an answer of the same key takes its place."""
    write_cached(connection, recording(image=""), execution)
    written = recording(image=image)
    write_cached(connection, written, execution)
    assert read_cached(connection, "k") == written
    assert read_cached(connection, "other") is None


def test_an_answer_is_forgotten_with_its_execution(connection):
    """Of those without one, all or the older ones go."""
    for key, number in (("a", 1), ("b", 2), ("c", None)):
        write_cached(connection, recording(key), number)
    write_cached(connection, recording("d", recorded_s=9.0), None)
    forget(connection, [1])
    forget_unowned(connection, before_s=9.0)
    assert [bool(read_cached(connection, key)) for key in "abcd"] == [False, True, False, True]
    forget_unowned(connection)
    assert [bool(read_cached(connection, key)) for key in "abcd"] == [False, True, False, False]


def test_the_newest_requests_are_compared_with_a_miss(connection):
    """The newest comes last."""
    for number in range(4):
        write_cached(connection, recording(str(number), recorded_s=number, n=number), None)
    assert latest_requests(connection, 2) == [{"n": 2}, {"n": 3}]
