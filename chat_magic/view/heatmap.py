"""Heatmaps of a grid of runs: an altair chart if altair is installed, else a coloured table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest
from chat_magic.view.comparison_model import value_title
from chat_magic.view.html.elements import page, strong
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import table
from chat_magic.view.text.result_text import terminal_safe
from chat_magic.view.vega import INK, chart_bundle, required_chart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import altair as alt

    from chat_magic.core.cell.grid import Axis


_SCHEME: Literal["cividis"] = "cividis"
"""Its lightness grows evenly, also for people with colour vision deficiency
(Nuñez, Anderton & Renslow 2018)."""
_CELL = "padding:2px;text-align:center;vertical-align:middle;border:none"


@dataclass(frozen=True)
class Heatmap:
    """A metric over a grid, as a value that notebooks draw."""

    axes: Sequence[Axis]
    metric: str
    values: tuple[float | None, ...]
    """The mean over the choices of each run, in row-major order; None where unknown."""
    counts: tuple[int, ...]
    """Number of choices of which each value is the mean."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Titles of the last axis."""
        return tuple(self.axes[-1].titles)

    @property
    def rows(self) -> tuple[str, ...]:
        """Titles of the other axes, combined; a single empty one if there are none."""
        *down, _ = self.axes
        named = [[_title(axis, title, down) for title in axis.titles] for axis in down]
        return tuple(" · ".join(titles) for titles in product(*named))

    @cached_property
    def chart(self) -> alt.LayerChart:
        """The altair chart, which can be modified further.

        Raises:
            InvalidRequest: altair is not installed; the heatmap itself is drawn without it.
        """
        return required_chart(lambda: _chart(self))

    @property
    def title(self) -> str:
        """The metric and the axes, in words."""
        names = " and ".join(axis.name for axis in self.axes)
        mean = ", mean of the choices" if max(self.counts, default=0) > 1 else ""
        return f"{self.metric} by {names}{mean}"

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return chart_bundle(lambda: _chart(self), html=lambda: _html(self), text=_text(self))


def heatmap(
    axes: Sequence[Axis], metrics: Mapping[str, Sequence[Sequence[float | None]]], metric: str
) -> Heatmap:
    """Return a metric as a heatmap: the last axis to the right, the others down.

    Args:
        axes: Of the grid.
        metrics: By name, the values of each run, one for each choice, the runs in row-major
            order; None or NaN where a value is unknown. A cell is the mean of the known ones.
        metric: The name of the metric to draw.

    Raises:
        InvalidRequest: The metric does not exist, or there are no axes.
    """
    if metric not in metrics:
        near = nearest(metric, metrics) or f"; expected one of {', '.join(metrics)}"
        raise InvalidRequest(f"heatmap: {metric} is not a metric{near}")
    if not axes:
        raise InvalidRequest("heatmap: the runs are not a grid; use --sweep, --vary or --models")
    known = [
        [value for value in run if value is not None and math.isfinite(value)]
        for run in metrics[metric]
    ]
    means = tuple(math.fsum(run) / len(run) if run else None for run in known)
    return Heatmap(axes, metric, means, tuple(map(len, known)))


def _title(axis: Axis, title: str, down: Sequence[Axis]) -> str:
    return title if len(down) == 1 else value_title(axis.name, title)


def _label(value: float | None) -> str:
    if value is None:
        return "\u2013"
    digits = f"{value:,.0f}" if 1_000 <= abs(value) < 1_000_000 else f"{value:.3g}"
    return digits.replace("-", "\u2212")


def _ends(heatmap: Heatmap) -> tuple[float, float]:
    """Return the least and the greatest value, made different if they are equal."""
    known = [value for value in heatmap.values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return (low, high) if low < high else (low - 1, low + 1)


def _chart(heatmap: Heatmap) -> alt.LayerChart:
    import altair as alt  # slow to import, and may not be installed

    *down, across = heatmap.axes
    side = " · ".join(axis.name for axis in down)
    look: dict[str, Any] = {"labelColor": INK, "titleColor": INK}
    axis = {**look, "domain": False, "ticks": False, "labelLimit": 300}
    top = alt.Axis(labelAngle=0, orient="top", **axis)
    base = alt.Chart(alt.InlineData(values=_points(heatmap))).encode(
        x=alt.X("x:N", sort=None, title=across.name, axis=top),
        y=alt.Y("y:N", sort=None, title=side, axis=alt.Axis(**axis) if down else None),
        tooltip=[
            alt.Tooltip("x:N", title=across.name),
            *([alt.Tooltip("y:N", title=side)] if down else []),
            alt.Tooltip("value:Q", title=heatmap.metric, format=".4g"),
            alt.Tooltip("count:Q", title="choices"),
        ],
    )
    color = alt.Color(
        "value:Q",
        scale=alt.Scale(scheme=_SCHEME, domain=list(_ends(heatmap))),
        legend=alt.Legend(title=heatmap.metric, **look),
    )
    cells = base.transform_filter("isValid(datum.value)").mark_rect().encode(color=color)
    labels = base.mark_text().encode(text="label:N", color=alt.Color("ink:N", scale=None))
    chart = alt.LayerChart(layer=[cells, labels]).resolve_scale(color="independent")
    chart = chart.properties(width=alt.Step(80), height=alt.Step(40), background="transparent")
    plain: alt.LayerChart = chart.configure_view(strokeWidth=0)
    return plain


def _points(heatmap: Heatmap) -> list[dict[str, Any]]:
    middle = sum(_ends(heatmap)) / 2
    positions = product(heatmap.rows, heatmap.columns)
    return [
        {"y": row, "x": column, "value": value, "count": count, "label": _label(value)}
        | {"ink": INK if value is None else "black" if value > middle else "white"}
        for (row, column), value, count in zip(
            positions, heatmap.values, heatmap.counts, strict=True
        )
    ]


def _html(heatmap: Heatmap) -> str:
    """Draw a table whose cells have one hue, more intense for greater values."""
    titles = ["", *map(escape, heatmap.columns)]
    rows = [
        [strong(title), *(_colored_cell(value, *_ends(heatmap)) for value in row)]
        for title, row in zip(heatmap.rows, _by_row(heatmap), strict=True)
    ]
    return page(f"<div>{escape(heatmap.title)}</div>{table(titles, rows, cell=_CELL, size='100%')}")


def _colored_cell(value: float | None, low: float, high: float) -> str:
    background = ""
    if value is not None:
        strength = 0.05 + 0.6 * (value - low) / (high - low)
        background = f"background-color:rgba(46,139,208,{strength:.2f});"
    return f'<div style="{background}padding:6px 12px">{_label(value)}</div>'


def _by_row(heatmap: Heatmap) -> list[Sequence[float | None]]:
    width = len(heatmap.columns)
    return [heatmap.values[row * width :][:width] for row in range(len(heatmap.rows))]


def _text(heatmap: Heatmap) -> str:
    rows = [[heatmap.axes[-1].name, *heatmap.columns]]
    for title, values in zip(heatmap.rows, _by_row(heatmap), strict=True):
        rows.append([title, *map(_label, values)])
    first, *others = zip(*rows, strict=True)
    columns = [_padded(first, str.ljust), *(_padded(column, str.rjust) for column in others)]
    lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
    return terminal_safe("\n".join([heatmap.title, *lines]))


def _padded(cells: Sequence[str], pad: Callable[[str, int], str]) -> list[str]:
    width = max(map(len, cells))
    return [pad(cell, width) for cell in cells]
