"""A path that depends on variables of the environment, found once for each of their values."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def path_by_environment(names: Sequence[str], find: Callable[[], Path]) -> Callable[[], Path]:
    """Return a function that finds a path only if a variable on which it depends has changed.

    Args:
        names: The variables.
        find: Finds the path, which is slow: each request asks for it.

    Example:
        >>> home = path_by_environment(["HOME", "USERPROFILE"], Path.home)
        >>> home()
        PosixPath('/home/ada')
    """
    found = cache(lambda _values: find())
    return lambda: found(tuple(map(os.environ.get, names)))
