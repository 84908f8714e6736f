"""The variants of a grid with rows: what each row is sent as, and what each is called."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis

SINGLE = "answer"
"""What the only variant is called."""
SEPARATOR = " \N{MIDDLE DOT} "
_TITLED_BY_VALUE = ("model", "prompt")


def row_axis_of(axes: Sequence[Axis]) -> Axis | None:
    """Return the axis of the rows, which comes first; None without rows."""
    return axes[0] if axes and axes[0].kind == "row" else None


def variant_axes(axes: Sequence[Axis]) -> tuple[Axis, ...]:
    """Return the axes along which the variants differ: all but that of the rows."""
    return tuple(axis for axis in axes if axis.kind != "row")


def variant_count(axes: Sequence[Axis]) -> int:
    """Return how many variants there are; 1 without axes. Run `r` is of variant `r % count`."""
    return prod(len(axis.titles) for axis in variant_axes(axes))


def variant_titles(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return what the variants are called, in the order of the runs of a row.

    A model and a prompt are called by themselves, any other value with the name of its axis, and
    several are joined: `openai/gpt-4o · temperature=0`. The only variant is the `answer`.
    """
    others = variant_axes(axes)
    if not others:
        return (SINGLE,)
    return tuple(
        SEPARATOR.join(
            title if axis.kind in _TITLED_BY_VALUE else f"{axis.name}={title}"
            for axis, title in zip(others, titles, strict=True)
        )
        for titles in product(*(axis.titles for axis in others))
    )
