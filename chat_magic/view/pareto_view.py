"""Pass share, cost and latency of variants as a chart, as a table, and in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chat_magic.view.html.elements import line, page
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import table
from chat_magic.view.summary import money, number
from chat_magic.view.text.result_text import terminal_safe
from chat_magic.view.vega import INK, chart_bundle

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_SIZE = (420, 280)
"""Pixels of the chart."""
_MUTED = 0.35
"""Opacity of what is dominated."""


def pareto_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Return the pass share over the cost of a request, or over its time if that is unknown."""
    import altair as alt  # slow to import, and may not be installed

    has_cost = bool(frame["cost"].notna().all())
    across = "cost" if has_cost else "total_s"
    title = "dollars a request" if has_cost else "seconds a request"
    x = alt.X(f"{across}:Q", title=title, scale=alt.Scale(zero=False))
    y = alt.Y("share:Q", title="share passed", axis=alt.Axis(format="%"))
    base = alt.Chart(alt.InlineData(values=_points(frame))).encode(
        opacity=alt.Opacity("opacity:Q", scale=None)
    )
    layers = [
        base.mark_rule(color=INK).encode(x=x, y=alt.Y("share_low:Q"), y2=alt.Y2("share_high:Q")),
        base.mark_rule(color=INK).encode(
            x=alt.X(f"{across}_low:Q"), x2=alt.X2(f"{across}_high:Q"), y=y
        ),
        base.mark_point(filled=True, size=80).encode(
            x=x, y=y, shape=alt.Shape("state:N", title=None), tooltip=["variant:N", "state:N"]
        ),
        base.mark_text(dy=-12, align="left", dx=8, color=INK).encode(x=x, y=y, text="variant:N"),
    ]
    chart = alt.LayerChart(layer=layers).properties(
        width=_SIZE[0], height=_SIZE[1], background="transparent"
    )
    look: dict[str, Any] = {"labelColor": INK, "titleColor": INK, "gridOpacity": 0.3}
    plain: alt.LayerChart = (
        chart.configure_axis(**look).configure_legend(labelColor=INK).configure_view(strokeWidth=0)
    )
    return plain


def _points(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): values.tolist() for name, values in frame.items()}
    points = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [
        {
            **{name: _plain(value) for name, value in point.items()},
            "state": "dominated" if point["dominated"] else "not dominated",
            "opacity": _MUTED if point["dominated"] else 1.0,
        }
        for point in points
    ]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def pareto_bundle(frame: pd.DataFrame, check: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the chart for a notebook; a table where altair is not installed."""
    titles = ("variant", check, "cost", "time", "")
    rows = [_row(point) for point in _points(frame)]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    text = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in (titles, *rows)
    )
    return chart_bundle(
        lambda: pareto_chart(frame),
        html=lambda: page(
            line("share passed, cost and time of a request, with 95 % intervals")
            + table([*map(escape, titles)], [[escape(cell) for cell in row] for row in rows])
        ),
        text=terminal_safe(text),
    )


def _row(point: dict[str, Any]) -> tuple[str, ...]:
    share = "" if point["share"] is None else f"{100 * point['share']:.0f} %"
    if point["share_low"] is not None:
        share += f" ({100 * point['share_low']:.0f}\N{EN DASH}{100 * point['share_high']:.0f})"
    cost = "" if point["cost"] is None else money(point["cost"])
    time = "" if point["total_s"] is None else f"{number(point['total_s'])} s"
    return point["variant"], share, cost, time, "dominated" if point["dominated"] else ""
