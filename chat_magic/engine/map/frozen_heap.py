"""Keeping full garbage collections short while a map runs."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["frozen_heap"]

_lock = threading.Lock()
_holders: list[object] = []
"""Maps that run now, for which the heap is frozen."""


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Leave what is in memory now out of garbage collections.

    With pandas imported a full collection walks some hundred thousand objects that stay anyway, and
    holds the event loop for 150 ms. What is made later is collected as ever. Where someone else has
    frozen the heap it is left as it is.
    """
    holder = object()
    with _lock:
        is_ours = bool(_holders) or not gc.get_freeze_count()
        if is_ours and not _holders:
            gc.freeze()
        if is_ours:
            _holders.append(holder)
    try:
        yield
    finally:
        with _lock:
            if is_ours:
                _holders.remove(holder)
            if is_ours and not _holders:
                gc.unfreeze()
