"""Dask DataFrames as data and as the result."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic.engine.map.dask_frame import is_dask_frame, partition_reader
from chat_magic.errors import InvalidRequest
from tests.engine.test_chat_map import ask, shout

frames = pytest.importorskip("dask.dataframe")

TEXTS = [f"row {number}" for number in range(10)]
DATA = pd.DataFrame({"text": TEXTS, "n": range(10)}, index=pd.Index(range(0, 100, 10), name="id"))


def test_it_is_told_from_other_data():
    """As is one of its columns."""
    data = frames.from_pandas(DATA, npartitions=2)
    assert is_dask_frame(data)
    assert not is_dask_frame(data["text"])
    assert not is_dask_frame(DATA)


def test_one_partition_is_computed_at_a_time():
    """In order; the first one says what the types are."""
    computed = []

    def note(part):
        computed.append(part["n"].iloc[0])
        return part

    data = frames.from_pandas(DATA, npartitions=5).map_partitions(note, meta=DATA)
    reader = partition_reader(data, "answers.parquet")
    assert computed == [0]
    assert reader.read_next_batch().column("text").to_pylist() == ["row 0", "row 1"]
    reader.read_next_batch()
    assert computed == [0, 2]
    assert reader.read_all().num_rows == 6


@pytest.mark.filterwarnings("ignore:An error occurred|The inplace keyword")  # Dask on pandas 3
def test_the_result_is_a_dask_data_frame_of_the_file(gateway, tmp_path):
    """With the data's columns and index."""
    gateway(shout)
    data = frames.from_pandas(DATA, npartitions=3)
    answers = ask(data, to=tmp_path / "answers.parquet", resume=None)
    assert isinstance(answers, frames.DataFrame)
    frame = answers.compute()
    assert frame["answer"].tolist() == [text.upper() for text in TEXTS]
    assert frame.index.equals(DATA.index)
    assert frame["n"].tolist() == list(range(10))


def test_a_place_for_the_result_must_be_given(gateway):
    """Nothing is computed or sent before."""
    server = gateway(shout)
    with pytest.raises(InvalidRequest, match="to: a Dask DataFrame requires a parquet file"):
        ask(frames.from_pandas(DATA, npartitions=2))
    assert server.requests == []
