"""Dask DataFrames as data of a map, read one partition at a time, and as its result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.row_source import batch_of, import_arrow
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

__all__ = ["is_dask_frame", "partition_reader", "read_result"]


def is_dask_frame(data: Any) -> bool:
    """Whether data are a Dask DataFrame; nothing is imported to find out."""
    frames = sys.modules.get("dask.dataframe")
    return frames is not None and isinstance(data, frames.DataFrame)


def partition_reader(data: Any, to: Any) -> pa.RecordBatchReader:
    """Return the rows of a Dask DataFrame, of which one partition is in memory at a time.

    The index is kept, and the types of the columns are those of the first partition.

    Args:
        data: The Dask DataFrame.
        to: Where the result is written, which must be given.

    Raises:
        InvalidRequest: `to` is not given, or a column has no type in Arrow.
    """
    if to is None:
        raise InvalidRequest(
            "to: a Dask DataFrame requires a parquet file for the result, as in "
            "to='answers.parquet'"
        )
    arrow = import_arrow("data: a Dask DataFrame")
    first = data.partitions[0].compute()
    try:
        schema = arrow.Schema.from_pandas(first, preserve_index=True)
    except (arrow.ArrowException, TypeError) as error:
        raise InvalidRequest(f"data: a column has no type in Arrow: {error}") from error

    def batches() -> Iterator[pa.RecordBatch]:
        yield batch_of(first, schema, keeps_index=True)
        for number in range(1, data.npartitions):
            part = data.partitions[number].compute()
            yield batch_of(part, schema, keeps_index=True)

    return arrow.RecordBatchReader.from_batches(schema, batches())


def read_result(path: Path) -> Any:
    """Return a map's result as a Dask DataFrame."""
    import dask.dataframe as frames

    return frames.read_parquet(path)
