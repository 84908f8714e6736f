"""A parquet file that is written in the order of the data, whatever the order of its batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.analysis.row_source import import_arrow
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

__all__ = ["Holder", "OrderedParquet"]

_GROUP_ROWS = 8192
_GROUP_BYTES = 16 * 2**20
"""A row group is written once it has so many rows, or bytes."""


class Holder(Protocol):
    """Keeps bytes on disk, by number."""

    def hold(self, chunk: int, content: bytes) -> None:
        """Keep bytes."""

    def release(self, chunk: int) -> bytes:
        """Return them, and forget them."""


class OrderedParquet:
    """Writes batches, each for a range of the data's rows, as `NAME.part` and at the end as `NAME`.

    A batch that comes early waits: near ones in memory, the others where `holder` keeps them.

    Args:
        path: The file.
        n_ahead: Rows of the data after the oldest missing one whose batches may wait in memory.
        place: Tells the held batches of several files apart: 0 or 1.

    Raises:
        InvalidRequest: pyarrow is not installed, or there is no such folder.
    """

    def __init__(self, path: Path, *, n_ahead: int, place: int = 0) -> None:
        import_arrow("a parquet file")
        self.path = path
        self.part = path.with_name(path.name + ".part")
        if not path.parent.is_dir():
            raise InvalidRequest(f"{path}: there is no folder {path.parent}")
        self.holder: Holder | None = None
        """Where early batches wait, once that is known."""
        self._n_ahead = n_ahead
        self._place = place
        self._next = 0
        self._near: dict[int, tuple[int, pa.RecordBatch]] = {}
        self._far: dict[int, int] = {}
        """By first row, how many rows of the data a held batch is for."""
        self._group: list[pa.RecordBatch] = []
        self._writer: Any = None
        self._schema: pa.Schema | None = None

    def put(self, start: int, count: int, batch: pa.RecordBatch) -> None:
        """Write a batch in its turn.

        Args:
            start: The position of its first row in the data.
            count: For how many rows of the data it is.
            batch: It; of the same schema as all others.
        """
        self._schema = batch.schema
        if start == self._next:
            self._append(count, batch)
            self._append_waiting()
        elif start - self._next <= self._n_ahead or self.holder is None:
            self._near[start] = count, batch
        else:
            self.holder.hold(2 * start + self._place, batch.serialize().to_pybytes())
            self._far[start] = count

    def end(self, schema: pa.Schema, *, is_complete: bool) -> Path:
        """Write what is left, and return the file: under its name if it is complete.

        Args:
            schema: That of the file, should it have no rows.
            is_complete: Whether all rows have come.
        """
        while self._near or self._far:
            self._next = min([*self._near, *self._far])
            self._append_waiting()
        self._write_group()
        if self._writer is None:
            self._writer = self._open(schema)
        self._writer.close()
        if not is_complete:
            return self.part
        self.part.replace(self.path)
        return self.path

    def _append_waiting(self) -> None:
        """Write the waiting batches whose turn it is."""
        while self._next in self._near or self._next in self._far:
            if self._next in self._near:
                count, batch = self._near.pop(self._next)
            else:
                count, batch = self._far.pop(self._next), self._read_back(self._next)
            self._append(count, batch)

    def _read_back(self, start: int) -> pa.RecordBatch:
        """Return a batch that was held."""
        arrow = import_arrow("to")
        content = self.holder.release(2 * start + self._place) if self.holder else b""
        return arrow.ipc.read_record_batch(arrow.py_buffer(content), self._schema)

    def _append(self, count: int, batch: pa.RecordBatch) -> None:
        self._next += count
        self._group.append(batch)
        n_rows = sum(one.num_rows for one in self._group)
        if n_rows >= _GROUP_ROWS or sum(one.nbytes for one in self._group) >= _GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if not self._group:
            return
        arrow = import_arrow("to")
        if self._writer is None:
            self._writer = self._open(self._group[0].schema)
        table = arrow.Table.from_batches(self._group)
        self._group = []
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))

    def _open(self, schema: pa.Schema) -> Any:
        from pyarrow import parquet

        return parquet.ParquetWriter(self.part, schema)
