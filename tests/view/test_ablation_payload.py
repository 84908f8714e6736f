"""The payload of an ablation fits its schema, and has the cells of the largest effects."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema

from chat_magic.view.ablation_payload import ablation_payload
from chat_magic.view.ablation_view import PaintedMessage, Piece, RankedSegment, answer_effect
from tests.view.text.test_ablation_text import VIEW

SCHEMA = json.loads((Path(__file__).parents[1] / "wire" / "result.v1.schema.json").read_text())


def test_segments_are_in_the_order_of_the_prompt_and_ranked_by_position(make_run) -> None:
    """Each with its words, its strength and the cell without it."""
    payload = ablation_payload(VIEW, [make_run()], lambda number: f"cell {number}")
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(payload)))
    ablation = payload["ablation"]
    assert ablation["ranked"] == [0, 1]
    assert ablation["segments"][1] == {
        "excerpt": "Be kind.",
        "words": "\N{MINUS SIGN}1.1 bits",
        "grade": -2,
        "cell": "cell 1",
    }
    assert ablation["messages"][0]["pieces"][1] == {"text": " Be kind.", "segment": 1}


def test_only_the_largest_effects_have_a_cell(make_run) -> None:
    """Each holds the whole prompt."""
    effect = answer_effect(1.0)
    rows = tuple(RankedSegment("x", effect, number) for number in reversed(range(30)))
    pieces = tuple(Piece("x", effect, number) for number in range(30))
    view = replace(VIEW, ranked=rows, messages=(PaintedMessage("user", pieces),))
    cells = [s["cell"] for s in ablation_payload(view, [make_run()], str)["ablation"]["segments"]]
    assert cells == [None] * 10 + [str(number) for number in range(10, 30)]
