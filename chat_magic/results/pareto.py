"""Variants by pass share, cost and latency, as a value that notebooks draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt
    import pandas as pd

    from chat_magic.analysis.checks import CheckedLayout
    from chat_magic.results.chat_result import ChatResult

__all__ = ["Pareto", "pareto_of"]


@dataclass(frozen=True, eq=False)
class Pareto:
    """What each variant gives and costs; a dominated one is worse than another in every way."""

    frame: pd.DataFrame = field(repr=False)
    """A row for each variant.

    Columns: `variant`, `share`, `share_low`, `share_high`, `cost`, `cost_low`, `cost_high`,
    `total_s`, `total_s_low`, `total_s_high`, `dominated`."""
    check: str
    """The check whose share is taken; `passed` is all of them."""

    @property
    def chart(self) -> alt.LayerChart:
        """The altair chart: the pass share over the cost, or over the time if that is unknown.

        Raises:
            InvalidRequest: altair is not installed.
        """
        from chat_magic.view.pareto_view import pareto_chart
        from chat_magic.view.vega import required_chart

        return required_chart(lambda: pareto_chart(self.frame))

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from chat_magic.view.pareto_view import pareto_bundle

        return pareto_bundle(self.frame, self.check)


def pareto_of(checked: CheckedLayout, results: Sequence[ChatResult], check: str) -> Pareto:
    """Compare variants by a check, by the cost of a request, and by its time.

    Raises:
        InvalidRequest: There is no such check.
    """
    from chat_magic.analysis.pareto_table import pareto_table

    frame = pareto_table(
        checked,
        [result.cost for result in results],
        [result.timing.total_s for result in results],
        check,
        attrs={"models": list(dict.fromkeys(result.model for result in results))},
    )
    return Pareto(frame, check)
