"""Variants by pass share, cost and time as a chart and in words."""

from __future__ import annotations

import json

from chat_magic.view.pareto_view import pareto_bundle, pareto_chart
from tests.results.checked import grid_of

FRAME = (
    grid_of({"A": ["x", "x"], "B": ["x", "y"]}, [{"label": "x"}] * 2)
    .check("answer == label")
    .pareto()
    .frame
)


def test_the_pass_share_stands_over_the_cost_if_it_is_known():
    """Else over the time; what is not known is null."""
    over_time = json.dumps(pareto_chart(FRAME).to_dict(), allow_nan=False)
    assert "seconds a request" in over_time
    known = FRAME.assign(cost=[0.1, 0.2])
    assert "dollars a request" in json.dumps(pareto_chart(known).to_dict(), allow_nan=False)


def test_dominated_variants_differ_in_shape_and_words_too():
    """Never in opacity alone."""
    spec = pareto_chart(FRAME).to_dict()
    (points,) = spec["datasets"].values()
    states = [point["state"] for point in points]
    assert states == ["not dominated", "dominated"]
    assert spec["layer"][2]["encoding"]["shape"]["field"] == "state"


def test_the_text_is_a_table():
    """With intervals where there are any."""
    lines = pareto_bundle(FRAME, "passed")[0]["text/plain"].split("\n")
    assert lines[0].split() == ["variant", "passed", "cost", "time"]
    assert lines[1].split() == ["A", "100", "%", "(34\N{EN DASH}100)", "1.0", "s"]
    assert lines[2].endswith("dominated")
