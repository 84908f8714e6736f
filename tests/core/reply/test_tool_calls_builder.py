"""The tool calls of one message while they arrive, however a server numbers their pieces."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.tool_calls_builder import ToolCallsBuilder, as_int


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
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f"}},
                {"index": 0, "function": {"arguments": "{}"}},
                {"index": 0, "id": "b", "function": {"name": "g"}},
                {"index": 1, "function": {"arguments": "{}"}},
            ],
            [("a", "f", "{}"), ("b", "g", "{}")],
        ),
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}},
                {"index": 1, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}},
            ],
            [("a", "f", '{"x": 1}')],
        ),
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}},
                {"index": 3, "id": "a", "function": {"name": "f", "arguments": "}"}},
                {"index": 3, "function": {"arguments": " "}},
            ],
            [("a", "f", "{} ")],
        ),
        (
            [
                {"index": 0, "id": "a", "function": {"name": "get_"}},
                {"index": 0, "id": "a", "function": {"name": "x", "arguments": "{}"}},
            ],
            [("a", "get_x", "{}")],
        ),
        (
            [
                {"index": 0, "function": {"name": "f", "arguments": '{"x":'}},
                {"index": 0, "function": {"name": "f", "arguments": "1}"}},
                {"index": 0, "function": {"name": "f", "arguments": "{}"}},
            ],
            [("call_2_0", "f", '{"x":1}'), ("call_2_1", "f", "{}")],
        ),
        (
            [
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}},
                {"index": 0, "id": "x", "function": {"arguments": "}"}},
                {"id": "y", "function": {"arguments": " "}},
            ],
            [("a", "f", "{} ")],
        ),
        (
            [
                {"id": "a", "function": {"name": "f", "arguments": '"'}},
                {"id": "a", "function": {"arguments": '"'}},
            ],
            [("a", "f", '""')],
        ),
    ],
)
def test_pieces_of_a_tool_call_are_joined_by_index_id_or_position(pieces, calls):
    """A new name and id under a known index begin another call; a missing id is generated."""
    builder = ToolCallsBuilder(lambda _warning: None)
    for piece in pieces:
        builder.add(piece)
    built = [(c.id, c.function.name, c.function.arguments) for c in builder.tool_calls(2)]
    assert built == calls


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (2.0, 2), ("x", None), (None, None), (float("inf"), None)],
)
def test_a_whole_number_may_be_sent_as_text(value, number):
    """Anything else is none."""
    assert as_int(value) == number


def test_the_input_of_a_custom_tool_comes_in_pieces():
    """Its fields are not those of a function."""
    builder = ToolCallsBuilder(lambda _warning: None)
    builder.add({"index": 0, "id": "a", "type": "custom", "custom": {"name": "f", "input": "x "}})
    builder.add({"index": 0, "custom": {"input": "= 1"}})
    (call,) = builder.tool_calls(0)
    assert (call.type, call.extra) == ("custom", {"custom": {"name": "f", "input": "x = 1"}})
