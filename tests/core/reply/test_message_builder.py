"""One message while it arrives: deltas become a message."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.chunk import Delta
from chat_magic.core.reply.message_builder import MessageBuilder, ToolCallsBuilder, as_int, merge


def build(*deltas: Delta):
    """Return the message of some deltas, what each wrote, and the warnings."""
    warnings: list[str] = []
    builder = MessageBuilder(warnings.append)
    wrote = [builder.add(delta) for delta in deltas]
    return builder.message(0), wrote, warnings


def test_pieces_of_a_text_are_joined():
    """Only a piece with text has written something."""
    message, wrote, _ = build(Delta(role="assistant"), Delta(content="a"), Delta(content="b"))
    assert (message.role, message.content) == ("assistant", "ab")
    assert wrote == [False, True, True]


def test_a_surrogate_pair_that_was_split_is_joined():
    """Some servers cut their JSON strings between the halves."""
    message, _, _ = build(Delta(content="\ud83d"), Delta(content="\ude00"))
    assert message.content == "\U0001f600"


def test_content_parts_go_to_text_reasoning_and_refusal():
    """A part of another type is kept in `extra`."""
    parts = [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": "t"}, {"type": "x"}]
    message, _, _ = build(Delta(content=parts))
    assert (message.content, message.reasoning) == ("a", "t")
    assert message.extra == {"content": [{"type": "x"}]}


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x"'}},
                {"index": 0, "function": {"arguments": ": 1}"}},
            ],
            [("a", "f", '{"x": 1}')],
        ),
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f"}},
                {"index": 0, "id": "b", "function": {"name": "g"}},
            ],
            [("a", "f", ""), ("b", "g", "")],
        ),
        (
            [{"id": "a", "function": {"name": "f"}}, {"function": {"arguments": "{}"}}],
            [("a", "f", "{}")],
        ),
        ([{"function": {"name": "f"}}], [("call_2_0", "f", "")]),
    ],
)
def test_pieces_of_a_tool_call_are_joined_by_index_id_or_position(pieces, calls):
    """A new name and id under a known index begin another call; a missing id is generated."""
    builder = ToolCallsBuilder(lambda _warning: None)
    for piece in pieces:
        builder.add(piece)
    built = [(c.id, c.function.name, c.function.arguments) for c in builder.tool_calls(2)]
    assert built == calls


def test_unknown_fields_are_merged():
    """Lists are extended, other values replaced, but not by null."""
    kept = {"a": [1], "b": 1, "c": 2}
    merge(kept, {"a": [2], "b": 3, "c": None, "d": None})
    assert kept == {"a": [1, 2], "b": 3, "c": 2, "d": None}


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (2.0, 2), ("x", None), (None, None), (float("inf"), None)],
)
def test_a_whole_number_may_be_sent_as_text(value, number):
    """Anything else is none."""
    assert as_int(value) == number
