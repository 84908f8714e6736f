"""How far the probability of the likeliest label comes true, as a value that notebooks draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_magic.errors import InvalidRequest
from chat_magic.results.check_run import judged_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt
    import pandas as pd

    from chat_magic.results.check_run import CheckedRun

__all__ = ["Calibration", "calibration_of"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Stated probabilities beside what came true, of the likeliest label of each answer."""

    bins: pd.DataFrame = field(repr=False)
    """A row for each tenth of probability that has answers.

    Columns: `low`, `high`, `count`, `stated`, `right`, `wilson_low`, `wilson_high`."""
    coverage: pd.DataFrame = field(repr=False)
    """The share of wrong answers among the surest ones.

    Columns: `coverage`, `risk`."""
    brier: float
    """The mean of (p - o)², 0 to 1: reliability - resolution + uncertainty."""
    reliability: float
    """How far stated probabilities are from what came true; 0 is best."""
    resolution: float
    """How far answers stated as surer are right more often; more is better."""
    uncertainty: float
    """The variance of being right, whatever is stated."""

    @property
    def sentence(self) -> str:
        """The figures in words."""
        from chat_magic.view.calibration_view import calibration_words

        return calibration_words(self)

    @property
    def chart(self) -> alt.HConcatChart:
        """The altair chart: the reliability diagram, and risk against coverage.

        Raises:
            InvalidRequest: altair is not installed.
        """
        from chat_magic.view.calibration_view import calibration_chart
        from chat_magic.view.vega import required_chart

        return required_chart(lambda: calibration_chart(self))

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from chat_magic.view.calibration_view import calibration_bundle

        return calibration_bundle(self)


def calibration_of(
    truth: str | None, runs: Sequence[CheckedRun], labels: Sequence[str]
) -> Calibration:
    """Compare the probability of each answer's likeliest label with the right answers.

    Answers whose truth is missing, or whose labels have no probability, are left out.

    Raises:
        InvalidRequest: There are no labels, no rows or no such column, or no answer remains.
    """
    if not labels:
        raise InvalidRequest(
            "calibration: requires labels, the possible answers: ask with --labels a,b"
        )
    if truth is None:
        raise InvalidRequest("calibration: requires the column with the right answers")
    judged = judged_answers(truth, runs, labels)
    probabilities = [
        max((run.probabilities or {})[choice.index].get(label, float("nan")) for label in labels)
        for run in runs
        for choice in run.result.choices
    ]
    pairs = [
        (stated, said == true)
        for stated, said, true in zip(probabilities, judged.said, judged.truth, strict=True)
        if true is not None and stated > 0
    ]
    if not pairs:
        raise InvalidRequest("calibration: no answer has both a truth and log probabilities")
    from chat_magic.analysis.calibration_figures import calibration_figures

    bins, coverage, parts = calibration_figures(pairs)
    return Calibration(bins, coverage, *parts)
