"""Data of any size, read row by row."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from chat_magic.analysis.row_source import open_source
from chat_magic.core.cell.row_values import read_sample
from chat_magic.errors import InvalidRequest

ROWS = [{"x": n, "y": str(n)} for n in range(5)]
TABLE = pa.Table.from_pylist(ROWS)
SOURCES = {
    "a DataFrame": lambda: pd.DataFrame(ROWS),
    "parts of DataFrames": lambda: pd.concat([pd.DataFrame(ROWS[:2]), pd.DataFrame(ROWS[2:])]),
    "a list": lambda: ROWS,
    "a dict of lists": lambda: {"x": list(range(5)), "y": [str(n) for n in range(5)]},
    "a generator": lambda: iter(ROWS),
    "a table": lambda: TABLE,
    "a batch": lambda: TABLE.to_batches()[0],
    "a reader": lambda: TABLE.to_reader(2),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_rows_are_mappings_in_the_order_of_the_data(make):
    """And what was read is a table."""
    source = open_source(make(), keep=True)
    assert list(source.rows()) == ROWS
    assert source.table()[["x", "y"]].to_dict("records") == ROWS


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_rows_are_batches_of_one_schema(make):
    """Which is known after the first of them."""
    source = open_source(make(), keep=False)
    rows = list(source.rows())
    schema = source.schema()
    batches = [source.batch(rows[start : start + 2], start, schema) for start in (0, 2, 4)]
    assert pa.Table.from_batches(batches).select(["x", "y"]).to_pylist() == ROWS


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_the_first_rows_can_be_taken(make):
    """Of any data."""
    source = open_source(make(), keep=True, sample=read_sample("head:3"))
    assert list(source.rows()) == ROWS[:3]


@pytest.mark.parametrize("name", ["a generator", "a reader"])
def test_rows_at_random_must_be_counted_before(name):
    """The error says what is possible."""
    with pytest.raises(InvalidRequest, match="head:2"):
        list(open_source(SOURCES[name](), keep=True, sample=read_sample("2")).rows())


@pytest.mark.parametrize("name", ["data.parquet", "data.csv"])
@pytest.mark.parametrize("keep", [True, False])
def test_files_are_read(tmp_path, name, keep):
    """Some rows of them too."""
    frame = pd.DataFrame(ROWS)
    path = tmp_path / name
    frame.to_csv(path, index=False) if name.endswith("csv") else frame.to_parquet(path)
    source = open_source(str(path), keep=keep)
    assert [row["x"] for row in source.rows()] == list(range(5))
    first = open_source(path, keep=keep, sample=read_sample("head:2"))
    assert [row["x"] for row in first.rows()] == [0, 1]


def test_rows_of_a_parquet_file_can_be_drawn(tmp_path):
    """Its length is known."""
    path = tmp_path / "a.parquet"
    pd.DataFrame({"x": range(5000)}).to_parquet(path)
    source = open_source(path, keep=True, sample=read_sample("7"))
    drawn = [row["x"] for row in source.rows()]
    assert len(drawn) == source.n_rows == 7
    assert drawn == sorted(drawn)


def test_values_are_as_python_has_them():
    """Integers with gaps stay integers in Arrow's data."""
    table = pa.table({"n": [1, None], "d": [dt.date(2026, 1, 2), None]})
    rows = list(open_source(table, keep=True).rows())
    assert rows == [{"n": 1, "d": dt.date(2026, 1, 2)}, {"n": None, "d": None}]


def test_a_stream_whose_rows_change_their_types_is_an_error():
    """It names the rows and the column."""
    rows = [{"n": 0, "x": 1}] * 40 + [{"n": 1, "x": "one"}]
    source = open_source(iter(rows), keep=False)
    assert list(source.rows()) == rows
    with pytest.raises(InvalidRequest, match=r"rows 40 to 40 do not fit .* rows: column 'x': "):
        source.batch(rows[40:], 40, source.schema())


@pytest.mark.parametrize("make", [lambda rows: pd.DataFrame(rows, dtype=object), list, iter])
def test_a_lone_surrogate_stays_in_the_data_and_is_replaced_in_arrow(make):
    """It is no text, and would end a map whose rows are all answered."""
    rows = [{"n": 1, "x": "a\ud800", "y": ["\ud800"]}, {"n": 2, "x": "b", "y": []}]
    source = open_source(make(rows), keep=True)
    assert list(source.rows()) == rows
    assert source.table().to_dict("records") == rows
    batch = source.batch(rows, 0, source.schema())
    assert batch.select(["n", "x", "y"]).to_pylist() == [
        {"n": 1, "x": "a\ufffd", "y": ["\ufffd"]}, {"n": 2, "x": "b", "y": []},
    ]  # fmt: skip


@pytest.mark.parametrize("make", [pd.DataFrame, list, iter])
@pytest.mark.parametrize("values", [["one", 1], [1, "one"], [[1], "one"]])
def test_a_column_of_mixed_types_has_none_in_arrow(make, values):
    """The error names the column, and what helps."""
    source = open_source(make([{"n": 0, "x": value} for value in values]), keep=False)
    assert len(list(source.rows())) == 2
    with pytest.raises(InvalidRequest, match=r"no type in Arrow: column 'x': .*; give its values"):
        source.schema()


def test_two_columns_of_one_name_are_refused():
    """Also in Arrow's data."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(InvalidRequest, match="two columns are named 'x'"):
        open_source(table, keep=True)
