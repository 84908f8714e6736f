"""Fields that are not the API's, joined from the pieces that arrive."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.pieces import Pieces, join_text


@pytest.mark.parametrize(
    ("pieces", "value"),
    [
        ([{"a": "He"}, {"a": "y"}], {"a": "Hey"}),
        ([{"a": None}, {"a": "x"}, {"a": None}], {"a": "x"}),
        ([{"a": None}], {"a": None}),
        ([{"a": [1]}, {"a": [2]}], {"a": [1, 2]}),
        ([{"a": {"b": "x", "n": 1}}, {"a": {"b": "y", "n": 2}}], {"a": {"b": "xy", "n": 2}}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        (
            [{"type": "t", "run_id": "r"}, {"type": "t", "run_id": "r"}],
            {"type": "t", "run_id": "r"},
        ),
        ([{"a": "x"}, {"a": {"b": 1}}], {"a": {"b": 1}}),
        ([{"a": "x"}, {"a": ["y"]}], {"a": ["y"]}),
        ([{"a": "\ud83d"}, {"a": "\ude00"}], {"a": "\U0001f600"}),
    ],
)
def test_pieces_are_joined_by_their_type(pieces, value):
    """Texts are appended, lists extended, objects merged, labels and other values replaced."""
    joined = Pieces()
    for piece in pieces:
        joined.add(piece)
    assert joined.value() == value


def test_a_deep_object_is_replaced():
    """A server cannot make the merging recurse without end."""
    deep = "x"
    for _ in range(50):
        deep = {"a": deep}
    joined = Pieces()
    joined.add(deep)
    joined.add(deep)
    assert joined.value() == deep


def test_what_was_given_is_not_changed():
    """The first list belongs to the chunk."""
    first = {"a": [1]}
    joined = Pieces()
    joined.add(first)
    joined.add({"a": [2]})
    assert first == {"a": [1]}


def test_half_a_surrogate_pair_is_kept():
    """It is not ours to repair."""
    assert join_text(["a", "\ud83d"]) == "a\ud83d"
