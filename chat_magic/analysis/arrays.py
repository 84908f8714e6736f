"""Typed numpy arrays, and how to make them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]
Objects = NDArray[np.object_]


def objects(values: Sequence[object]) -> Objects:
    """Return the values as a one-dimensional array of Python objects."""
    return np.fromiter(values, np.object_, len(values))


def integers(values: Sequence[int]) -> Integers:
    """Return the values as an array of integers, even if there are none."""
    return np.array(values, dtype=np.intp)


def factorize(values: Sequence[Hashable]) -> tuple[Integers, list[Any]]:
    """Return a code for each value, and the distinct values in the order of their codes.

    Unlike that of pandas it tells strings with NUL or lone surrogates apart.
    """
    codes: defaultdict[Hashable, int] = defaultdict()
    codes.default_factory = codes.__len__
    return np.fromiter(map(codes.__getitem__, values), np.intp, len(values)), list(codes)


def count_up(lengths: Integers) -> Integers:
    """Return 0, 1, … up to each length, one run after the other: [2, 3] gives [0, 1, 0, 1, 2]."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
