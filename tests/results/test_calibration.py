"""How far the probability of the likeliest label comes true."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.results.calibration import calibration_of
from chat_magic.results.check_run import CheckedRun
from chat_magic.view.vega import VEGA_LITE
from tests.results.checked import result_of

LABELS = ("good", "bad")
NAN = float("nan")


def run(number, good, truth, text="bad"):
    """Return a run whose first label has a probability."""
    p = {"good": good, "bad": 1 - good}
    return CheckedRun(number, result_of(text), {"label": truth}, {0: p})


RUNS = [run(0, 0.9, "good"), run(1, 0.2, "Bad"), run(2, 0.9, "bad"), run(3, 0.6, None),
        run(4, NAN, "good")]  # fmt: skip


def test_the_likeliest_label_is_compared_with_the_truth():
    """Answers without a truth or a probability are left out: 0.9 right, 0.8 right, 0.9 wrong."""
    found = calibration_of("label", RUNS, LABELS)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.81) / 3)
    assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty)
    assert found.bins["count"].tolist() == [1, 2]
    assert found.coverage["risk"].tolist() == pytest.approx([1 / 2, 1 / 3])
    assert found.sentence.startswith("Brier score 0.287 of 3 answers: reliability ")


def test_it_is_drawn_with_counts_and_risk_against_coverage():
    """As a chart with an image; as a table where altair is missing."""
    drawn, _ = calibration_of("label", RUNS, LABELS)._repr_mimebundle_()
    spec = json.dumps(drawn[VEGA_LITE], allow_nan=False)
    assert "answers kept, the surest first" in spec
    assert "stated probability" in spec
    assert drawn["text/plain"].split("\n")[0].startswith("Brier score 0.287 of 3 answers")


def test_without_altair_it_is_a_table(monkeypatch):
    """With the same figures."""
    monkeypatch.setitem(sys.modules, "altair", None)
    found = calibration_of("label", RUNS, LABELS)
    drawn, _ = found._repr_mimebundle_()
    assert "50 % (9\N{EN DASH}91)" in drawn["text/html"]
    with pytest.raises(InvalidRequest, match="requires altair"):
        _ = found.chart


@dataclass
class Case:
    truth: str | None
    runs: list
    labels: tuple
    words: str


@pytest.mark.parametrize(
    "case",
    [
        Case("label", RUNS, (), "calibration: requires labels, the possible answers"),
        Case(None, RUNS, LABELS, "calibration: requires the column with the right answers"),
        Case("lable", RUNS, LABELS, "truth lable: there is no such column"),
        Case("label", RUNS[3:], LABELS, "no answer has both a truth and log probabilities"),
    ],
)
def test_what_cannot_be_compared_is_refused(case):
    """The error says what to ask with."""
    with pytest.raises(InvalidRequest) as caught:
        calibration_of(case.truth, case.runs, case.labels)
    assert case.words in str(caught.value)
