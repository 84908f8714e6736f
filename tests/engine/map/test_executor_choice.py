"""What asks the rows of a map."""

from __future__ import annotations

import pytest

from chat_magic.engine.map.executor_choice import open_executor
from chat_magic.engine.map.local_executor import LocalExecutor
from chat_magic.engine.map.row_executor import MapLimits
from chat_magic.errors import InvalidRequest


def test_this_process_is_the_default():
    """It may be given four rows for each request that runs."""
    executor = open_executor(None, MapLimits(concurrency=8))
    assert isinstance(executor, LocalExecutor)
    assert executor.capacity == 32


def test_anything_else_is_refused():
    """The error names its type."""
    with pytest.raises(InvalidRequest, match=r"executor: .* got int"):
        open_executor(3, MapLimits())
