"""Keys of rows, and finished ones that are kept before they are counted."""

from __future__ import annotations

import pytest

from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.map.row_executor import FinishedRow
from chat_magic.engine.map.row_keeper import RowKeeper
from chat_magic.engine.recorded_result import key_of
from chat_magic.store.rows import RowsFile
from tests.engine.map.test_row_answer import result_of


def request_of(text):
    """Return a request."""
    return ChatRequest(model="a/b", messages=(Message(role="user", content=text),))


@pytest.mark.parametrize("has_file", [False, True])
def test_the_key_is_that_of_the_cache_with_the_draw(tmp_path, has_file):
    """Counted in memory or in the file."""
    file = RowsFile(tmp_path / "map.db") if has_file else None
    keeper = RowKeeper(print, print, file, has_draws=has_file)
    one, two = request_of("one"), request_of("two")
    identities = keeper.identify([one, two, one]) + keeper.identify([one])
    assert identities == [
        (key_of(one, 0), 0), (key_of(two, 0), 0), (key_of(one, 1), 1), (key_of(one, 2), 2),
    ]  # fmt: skip
    keeper.close()
    if file:
        file.close()


def test_a_row_is_in_the_file_before_it_is_handed_on(tmp_path):
    """A killed process loses none that was counted."""
    with RowsFile(tmp_path / "map.db") as file:
        key, counts = "01" * 32, {}
        keeper = RowKeeper(lambda row: counts.update({row.position: file.count()}), print, file)
        keeper.put(FinishedRow(position=0, key=key, result=result_of()))
        keeper.put(FinishedRow(position=1, key="02" * 32, error=ValueError("no")))
        keeper.close()
        assert counts[0] == 1
        assert set(counts) == {0, 1}
        assert keeper.find([key])[key].text == "hi"


def test_rows_before_the_file_is_opened_are_kept_too(tmp_path):
    """As of a generator that turns out to be long."""
    with RowsFile(tmp_path / "map.db") as file:
        keeper = RowKeeper(lambda _: None, print, may_open=True)
        keeper.put(FinishedRow(position=0, key="01" * 32, result=result_of()))
        assert keeper.find(["01" * 32]) == {}
        keeper.open(file)
        keeper.close()
        assert file.count() == 1


def test_a_file_that_cannot_be_written_is_told_and_the_row_is_handed_on(tmp_path):
    """No answer is lost."""
    file, seen, told = RowsFile(tmp_path / "map.db"), [], []
    keeper = RowKeeper(seen.append, told.append, file)
    file.close()
    keeper.put(FinishedRow(position=0, key="01" * 32, result=result_of()))
    keeper.close()
    assert len(seen) == 1
    assert "cannot be written" in told[0]
