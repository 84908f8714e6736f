"""Where the rows of a map are asked: here, by the workers of a cluster, or by the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.engine.map.local_executor import LocalExecutor
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.engine.map.row_executor import MapLimits, RowExecutor

__all__ = ["open_executor"]


def open_executor(executor: Any, limits: MapLimits) -> RowExecutor:
    """Return what asks the rows.

    Args:
        executor: The argument of `chat_map`; None for this process.
        limits: How fast it may go.

    Raises:
        InvalidRequest: It is no executor.
    """
    if executor is None:
        return LocalExecutor(limits)
    raise InvalidRequest(f"executor: expected None, got {type(executor).__name__}")
