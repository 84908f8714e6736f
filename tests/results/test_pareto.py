"""Variants by pass share, cost and latency."""

from __future__ import annotations

import json
import sys

from chat_magic.view.vega import VEGA_LITE
from tests.results.checked import grid_of

GRID = grid_of({"A": ["x", "x"], "<b>": ["x", "y"]}, [{"label": "x"}] * 2)


def test_each_variant_has_its_share_cost_and_time():
    """All checks together, or one of them."""
    pareto = GRID.check(right="answer == label", short="len(answer) < 2").pareto()
    assert pareto.frame["share"].tolist() == [1.0, 0.5]
    assert pareto.frame["total_s"].tolist() == [1.0, 1.0]
    assert pareto.frame["dominated"].tolist() == [False, True]
    assert GRID.check(short="len(answer) < 2").pareto("short").check == "short"


def test_it_is_drawn_as_a_chart():
    """What is not known is null, and dominated variants are told in words too."""
    drawn, _ = GRID.check("answer == label").pareto()._repr_mimebundle_()
    spec = json.dumps(drawn[VEGA_LITE], allow_nan=False)
    assert '"state": "dominated"' in spec
    assert "seconds a request" in spec
    assert drawn["text/plain"].split("\n")[2].endswith("dominated")


def test_without_altair_it_is_a_table(monkeypatch):
    """What a title holds is text."""
    monkeypatch.setitem(sys.modules, "altair", None)
    drawn, _ = GRID.check("answer == label").pareto()._repr_mimebundle_()
    assert "<b>" not in drawn["text/html"]
    assert "50 % (9\N{EN DASH}91)" in drawn["text/html"]
