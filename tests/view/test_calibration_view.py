"""The calibration of labels in words, and as charts."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from chat_magic.analysis.calibration_figures import calibration_figures
from chat_magic.view.calibration_view import (
    calibration_bundle,
    calibration_chart,
    calibration_words,
)


@pytest.fixture(scope="module")
def figures():
    """Two answers of 0.9, one of them right, and one of 0.4 that is wrong."""
    bins, coverage, parts = calibration_figures([(0.9, True), (0.9, False), (0.4, False)])
    return SimpleNamespace(bins=bins, coverage=coverage, **parts._asdict())


def test_the_figures_are_told_with_what_is_best(figures):
    """In one line."""
    assert calibration_words(figures) == (
        "Brier score 0.327 of 3 answers: reliability 0.160 (0 is best), resolution 0.056, "
        "uncertainty 0.222"
    )
    assert np.isclose(figures.brier, 0.327, atol=1e-3)


def test_the_chart_has_counts_intervals_and_the_ideal_line(figures):
    """And beside it risk against coverage."""
    spec = calibration_chart(figures).to_dict()
    diagram, risk = spec["hconcat"]
    assert len(diagram["layer"]) == 4
    text = json.dumps(spec, allow_nan=False)
    assert '"count:Q"' in text or '"field": "count"' in text
    assert risk["encoding"]["x"]["title"] == "answers kept, the surest first"


def test_the_text_has_a_line_for_each_bin(figures):
    """What was stated, how many answers, and the share right with its interval."""
    text = calibration_bundle(figures)[0]["text/plain"]
    assert text.split("\n")[1:] == [
        "stated  answers  right",
        "40 %  1  0 % (0\N{EN DASH}79)",
        "90 %  2  50 % (9\N{EN DASH}91)",
    ]
