"""Where the rows of a map are asked: here, by the workers of a cluster, or by the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.engine.map.local_executor import LocalExecutor

if TYPE_CHECKING:
    from chat_magic.engine.map.row_executor import MapLimits, RowExecutor

__all__ = ["BATCH", "open_executor"]

BATCH = "batch"
"""The name of the provider's Batch API as an executor."""


def open_executor(executor: Any, limits: MapLimits) -> RowExecutor:
    """Return what asks the rows.

    Args:
        executor: The argument of `chat_map`: None for this process, `"batch"` for the provider's
            Batch API, or a `dask.distributed.Client` for the workers of its cluster.
        limits: How fast it may go.

    Raises:
        InvalidRequest: It is no executor, or its client cannot be used.
    """
    if executor is None:
        return LocalExecutor(limits)
    if isinstance(executor, str) and executor == BATCH:
        from chat_magic.engine.map.batch_executor import BatchExecutor

        return BatchExecutor()
    from chat_magic.engine.map.dask_cluster import check_client
    from chat_magic.engine.map.dask_executor import DaskExecutor

    return DaskExecutor(check_client(executor), limits)
