"""The tree of what the texts of a run share."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.tree import trees
from chat_magic.core.reply import Reply


def drawn(tree):
    return [(node.parent, node.text, node.token_chars, node.answers) for node in tree]


def test_a_tree_has_a_node_for_each_stretch(sampled):
    """What all share is the root; a text that ended has a leaf without text."""
    (tree,) = trees([sampled("Hi|, Ann| Lee|.", "Hi|, Bo|.", "Hi|, Ann| Lee|.|.")])
    assert drawn(tree) == [
        (-1, "Hi", 0, (0, 1, 2)),
        (0, ", Ann Lee.", 5, (0, 2)),
        (0, ", Bo.", 4, (1,)),
        (1, "", 0, (0,)),
        (1, ".", 1, (2,)),
    ]
    assert [(node.count, node.among) for node in tree] == [(3, 3), (2, 3), (1, 3), (1, 2), (1, 2)]
    assert [node.model_prob for node in tree] == [None, 0.5, 0.5, None, 0.5]
    assert tree[1].share == pytest.approx(2 / 3)


def test_one_text_is_a_root(sampled):
    """So are several that are the same, however they were cut into tokens."""
    one, same = trees([sampled("a|b"), sampled("a|b", "ab")])
    assert drawn(one) == [(-1, "ab", 0, (0,))]
    assert drawn(same) == [(-1, "ab", 0, (0, 1))]


def test_a_reply_without_choices_has_no_node(sampled):
    """The others keep their places."""
    assert [len(tree) for tree in trees([Reply(), sampled("a", "b"), Reply()])] == [0, 3, 0]


def test_a_token_that_straddles_two_partings_is_cut_at_the_first(sampled):
    """`na Lee` begins within `Anna`, which two of three said as one token."""
    (tree,) = trees([sampled("An|na Lee", "Anna| Bo", "Cy")])
    assert drawn(tree) == [
        (-1, "", 0, (0, 1, 2)),
        (0, "Anna", 4, (0, 1)),
        (0, "Cy", 2, (2,)),
        (1, " Lee", 4, (0,)),
        (1, " Bo", 3, (1,)),
    ]
    assert tree[3].model_prob is None
    assert math.isclose(tree[4].model_prob, 0.5)
