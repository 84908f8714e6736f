"""Parquet files that are written in the order of the data."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from chat_magic.analysis.parquet_file import OrderedParquet
from chat_magic.errors import InvalidRequest

SCHEMA = pa.schema([("x", pa.int64())])


class Shelf:
    """Keeps bytes in memory."""

    def __init__(self):
        self.held = {}

    def hold(self, chunk, content):
        self.held[chunk] = content

    def release(self, chunk):
        return self.held.pop(chunk)


def batch_of(start):
    """Return two rows."""
    return pa.record_batch({"x": [start, start + 1]}, schema=SCHEMA)


@given(order=st.permutations(range(12)), n_ahead=st.sampled_from([0, 4, 100]))
def test_the_rows_are_in_order_whatever_the_order_of_batches(tmp_path_factory, order, n_ahead):
    """Near ones wait in memory, far ones on the shelf, which is empty at the end."""
    file = OrderedParquet(tmp_path_factory.mktemp("p") / "a.parquet", n_ahead=n_ahead)
    file.holder = Shelf()
    for number in order:
        file.put(2 * number, 2, batch_of(2 * number))
    path = file.end(SCHEMA, is_complete=True)
    assert parquet.read_table(path)["x"].to_pylist() == list(range(24))
    assert not file.holder.held


def test_a_file_that_is_not_complete_keeps_the_name_of_a_part(tmp_path):
    """Rows after a gap are in it too."""
    file = OrderedParquet(tmp_path / "a.parquet", n_ahead=0)
    file.holder = Shelf()
    file.put(0, 2, batch_of(0))
    file.put(6, 2, batch_of(6))
    path = file.end(SCHEMA, is_complete=False)
    assert path.name == "a.parquet.part"
    assert parquet.read_table(path)["x"].to_pylist() == [0, 1, 6, 7]
    assert not (tmp_path / "a.parquet").exists()


def test_an_earlier_file_stays_until_the_new_one_is_complete(tmp_path):
    """Only then it is replaced."""
    target = tmp_path / "a.parquet"
    target.write_text("old")
    file = OrderedParquet(target, n_ahead=0)
    file.put(0, 2, batch_of(0))
    assert target.read_text() == "old"
    file.end(SCHEMA, is_complete=True)
    assert parquet.read_table(target).num_rows == 2


def test_many_rows_are_several_row_groups(tmp_path):
    """So that memory does not grow with them."""
    file = OrderedParquet(tmp_path / "a.parquet", n_ahead=0)
    many = pa.record_batch({"x": list(range(5000))}, schema=SCHEMA)
    for number in range(6):
        file.put(5000 * number, 5000, many)
    path = file.end(SCHEMA, is_complete=True)
    assert parquet.ParquetFile(path).num_row_groups == 3


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    """Before anything is written."""
    with pytest.raises(InvalidRequest, match="no folder"):
        OrderedParquet(tmp_path / "none" / "a.parquet", n_ahead=0)
