"""One message while it arrives: deltas become a message."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.chunk import Delta
from chat_magic.core.reply.message_builder import MessageBuilder, merge


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
    assert message.reasoning_names == ("content",)
    assert message.extra == {"content": [{"type": "x"}]}


@pytest.mark.parametrize(
    "names", [("reasoning",), ("reasoning_content",), ("reasoning_content", "reasoning")]
)
def test_the_fields_that_the_reasoning_came_in_are_kept(names):
    """It goes back to the server under these names."""
    message, _, _ = build(Delta(**dict.fromkeys(names, "h")), Delta(**dict.fromkeys(names, "m")))
    assert (message.reasoning, message.reasoning_names) == ("hm", names)


def test_unknown_fields_are_merged():
    """Lists are extended, other values replaced, but not by null."""
    kept = {"a": [1], "b": 1, "c": 2}
    merge(kept, {"a": [2], "b": 3, "c": None, "d": None})
    assert kept == {"a": [1, 2], "b": 3, "c": 2, "d": None}
