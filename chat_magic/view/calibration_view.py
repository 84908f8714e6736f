"""The calibration of labels as charts, as a table, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.view.html.elements import line, page
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import table
from chat_magic.view.vega import INK, chart_bundle

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_SIZE = 240
"""Pixels of a side of each chart."""


class CalibrationFigures(Protocol):
    """The figures that are drawn; `results.calibration.Calibration` has them."""

    @property
    def bins(self) -> pd.DataFrame:
        """A row for each tenth of probability that has answers."""

    @property
    def coverage(self) -> pd.DataFrame:
        """The share of wrong answers among the surest ones."""

    @property
    def brier(self) -> float:
        """The Brier score."""

    @property
    def reliability(self) -> float:
        """Its first part."""

    @property
    def resolution(self) -> float:
        """Its second part."""

    @property
    def uncertainty(self) -> float:
        """Its third part."""


def calibration_words(figures: CalibrationFigures) -> str:
    """Say what the figures are, in one line."""
    count = int(figures.bins["count"].sum())
    parts = (
        f"reliability {figures.reliability:.3f} (0 is best), "
        f"resolution {figures.resolution:.3f}, uncertainty {figures.uncertainty:.3f}"
    )
    return f"Brier score {figures.brier:.3f} of {count:,} answers: {parts}"


def calibration_chart(figures: CalibrationFigures) -> alt.HConcatChart:
    """Return the reliability diagram with its counts, and risk against coverage."""
    import altair as alt  # slow to import, and may not be installed

    chart = alt.hconcat(_reliability(figures), _risk(figures), background="transparent")
    look: dict[str, Any] = {"labelColor": INK, "titleColor": INK, "gridOpacity": 0.3}
    plain: alt.HConcatChart = chart.configure_view(strokeWidth=0).configure_axis(**look)
    return plain


def _reliability(figures: CalibrationFigures) -> alt.LayerChart:
    import altair as alt

    bins = alt.InlineData(values=_records(figures.bins))
    x = alt.X("stated:Q", title="stated probability", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("right:Q", title="share right", scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(bins).encode(x=x)
    ideal = alt.Chart(alt.InlineData(values=[{"stated": 0, "right": 0}, {"stated": 1, "right": 1}]))
    layers = [
        ideal.mark_line(strokeDash=[4, 4], color=INK).encode(x=x, y=y),
        base.mark_rule(color=INK).encode(
            y=alt.Y("wilson_low:Q", title="share right"), y2=alt.Y2("wilson_high:Q")
        ),
        base.mark_circle(size=60, opacity=1).encode(
            y=y,
            tooltip=[
                alt.Tooltip("count:Q", title="answers"),
                alt.Tooltip("stated:Q", format=".2f"),
                alt.Tooltip("right:Q", format=".2f"),
            ],
        ),
        base.mark_text(dy=-12, color=INK).encode(y=y, text="count:Q"),
    ]
    chart: alt.LayerChart = alt.LayerChart(layer=layers).properties(width=_SIZE, height=_SIZE)
    return chart


def _risk(figures: CalibrationFigures) -> alt.Chart:
    import altair as alt

    points = alt.Chart(alt.InlineData(values=_records(figures.coverage)))
    chart: alt.Chart = (
        points.mark_line(point=True, interpolate="step-after")
        .encode(
            x=alt.X("coverage:Q", title="answers kept, the surest first", axis=_percent()),
            y=alt.Y("risk:Q", title="share wrong among them", axis=_percent()),
            tooltip=[
                alt.Tooltip("coverage:Q", format=".0%"),
                alt.Tooltip("risk:Q", format=".0%"),
            ],
        )
        .properties(width=_SIZE, height=_SIZE)
    )
    return chart


def _percent() -> alt.Axis:
    import altair as alt

    return alt.Axis(format="%")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): values.tolist() for name, values in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def calibration_bundle(figures: CalibrationFigures) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the charts for a notebook; a table where altair is not installed."""
    rows = _rows(figures)
    titles, words = ("stated", "answers", "right"), calibration_words(figures)
    text = "\n".join([words, *("  ".join(cells) for cells in (titles, *rows))])
    return chart_bundle(
        lambda: calibration_chart(figures),
        html=lambda: page(
            line(escape(words)) + table(titles, [[escape(cell) for cell in row] for row in rows])
        ),
        text=text,
    )


def _rows(figures: CalibrationFigures) -> list[tuple[str, str, str]]:
    """Return for each bin what was stated, how many answers, and how many are right."""
    return [
        (
            f"{100 * row['stated']:.0f} %",
            f"{row['count']:,}",
            f"{100 * row['right']:.0f} % {_bounds(row['wilson_low'], row['wilson_high'])}",
        )
        for row in _records(figures.bins)
    ]


def _bounds(low: float, high: float) -> str:
    return f"({100 * low:.0f}\N{EN DASH}{100 * high:.0f})"
