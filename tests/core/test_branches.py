"""A cell that the labextension writes to go on from a token reads back as that request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_magic.core.cell.cell import parse

CASES = json.loads((Path(__file__).parents[1] / "wire" / "branches.json").read_text())
SENT_ANYWAY = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["prefill"])
def test_the_cell_asks_for_the_same_but_for_the_beginning_of_the_answer(case) -> None:
    request = case["request"]
    before = request["messages"]
    if before[-1]["role"] == "assistant":
        before = before[:-1]
    assert parse(case["cell"]).body() == {
        **(SENT_ANYWAY if request["parameters"].get("stream", True) else {}),
        "model": case["model"],
        "messages": [*before, {"role": "assistant", "content": case["prefill"]}],
        **request["parameters"],
        **request["extra"],
    }
    assert parse(case["cell"]).prefill == case["prefill"]
