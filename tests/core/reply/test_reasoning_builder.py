"""The reasoning of one message while it arrives."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.chunk import Delta
from chat_magic.core.reply.pieces import Pieces
from chat_magic.core.reply.reasoning_builder import ReasoningBuilder


def build(*deltas: Delta) -> tuple[ReasoningBuilder, Pieces]:
    builder, others = ReasoningBuilder(), Pieces()
    for delta in deltas:
        builder.add(delta, others)
    return builder, others


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "reasoning_text", "thinking"])
def test_reasoning_has_many_names(name):
    """The one that was used is kept."""
    builder, _ = build(Delta(**{name: "h"}), Delta(**{name: "m"}))
    assert (builder.text(), list(builder.names)) == ("hm", [name])


@pytest.mark.parametrize(
    ("deltas", "text", "details"),
    [
        (
            [[{"type": "t", "index": 0, "text": "h"}], [{"type": "t", "index": 0, "text": "m"}]],
            "hm",
            [{"type": "t", "index": 0, "text": "hm"}],
        ),
        (
            [[{"type": "t", "index": 0, "text": "h"}, {"type": "t", "index": 1, "text": "m"}]],
            "hm",
            [{"type": "t", "index": 0, "text": "h"}, {"type": "t", "index": 1, "text": "m"}],
        ),
        (
            [[{"type": "t", "index": 0, "text": "h"}], [{"type": "e", "index": 0, "data": "x"}]],
            "h",
            [{"type": "t", "index": 0, "text": "h"}, {"type": "e", "index": 0, "data": "x"}],
        ),
        ([[{"summary": "h"}], [{"summary": "m"}]], "hm", [{"summary": "h"}, {"summary": "m"}]),
        ([{"text": "h"}], "h", [{"text": "h"}]),
        ([[]], None, []),
    ],
    ids=[
        "pieces of one",
        "two of one type",
        "two types at one index",
        "without an index",
        "an object instead of a list",
        "none",
    ],
)
def test_details_are_merged_by_index_and_type(deltas, text, details):
    """Their texts are the reasoning where there is no other."""
    builder, _ = build(*(Delta(reasoning_details=items) for items in deltas))
    assert (builder.text(), builder.details()) == (text, details)


def test_details_beside_a_text_do_not_say_it_twice():
    """The text counts."""
    builder, _ = build(Delta(reasoning="h", reasoning_details=[{"index": 0, "text": "h"}]))
    assert builder.text() == "h"


def test_what_is_of_another_type_is_kept():
    """Under its name."""
    builder, others = build(Delta(thinking={"budget": 1}, reasoning_details=["x"]))
    assert builder.text() is None
    assert others.value() == {"thinking": {"budget": 1}, "reasoning_details": ["x"]}
