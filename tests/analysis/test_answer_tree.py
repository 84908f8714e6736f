"""The tree of what the texts of a run share."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from chat_magic.analysis.answer_tree import trees
from chat_magic.analysis.branches import branches_table
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.core.reply.reply import Reply
from tests.analysis.strategies import replies


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


def test_a_token_that_straddles_two_divergences_is_cut_at_the_first(sampled):
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


def texts_of(reply):
    return [choice.message.content for choice in reply.choices]


@given(replies())
def test_the_leaves_are_the_choices(reply):
    """Their nodes' texts from the root on, joined, are what each of them said."""
    (tree,) = trees([reply])
    parents = {node.parent for node in tree}
    came = []
    for place, node in enumerate(tree):
        path, above = node.text, node.parent
        while above >= 0:
            path, above = tree[above].text + path, tree[above].parent
        if place not in parents:
            came += [(answer, path) for answer in node.answers]
    assert sorted(came) == list(enumerate(texts_of(reply)))


@given(replies())
def test_a_divergence_shares_out_those_who_came(reply):
    """Counts of siblings add up, shares to 1; each share lies in its interval."""
    (tree,) = trees([reply])
    for place, node in enumerate(tree):
        children = [child for child in tree if child.parent == place]
        assert node.parent < place
        assert node.count == len(node.answers)
        assert node.share == node.count / node.among
        assert node.wilson_low <= node.share <= node.wilson_high
        assert 0 <= node.token_chars <= len(node.text)
        if children:
            assert len(children) > 1
            assert {child.among for child in children} == {node.count}
            assert sum(child.share for child in children) == pytest.approx(1)
            assert sorted(sum((child.answers for child in children), ())) == sorted(node.answers)
            assert [child.count for child in children] == sorted(
                (child.count for child in children), reverse=True
            )


@given(replies())
def test_only_what_can_be_a_probability_is_one(reply):
    """Its mean lies between its ends."""
    (tree,) = trees([reply])
    for node in tree:
        probs = (node.model_prob_min, node.model_prob, node.model_prob_max)
        assert probs == (None, None, None) or (
            0 < probs[0] <= probs[1] + 1e-12 and probs[1] <= probs[2] + 1e-12 <= 1 + 2e-12
        )


@given(replies())
def test_tree_and_table_say_the_same(reply):
    """The nodes but for the root are the ways of the table."""
    (tree,) = trees([reply])
    table = branches_table(read_replies([reply]), attrs={})
    assert [node.parent - 1 for node in tree[1:]] == table["parent_id"].tolist()
    assert [node.text[: node.token_chars] for node in tree[1:]] == table["token"].tolist()
    for name in ("count", "share", "wilson_low", "model_prob", "model_prob_max"):
        values = [getattr(node, name) for node in tree[1:]]
        known = [math.nan if value is None else value for value in values]
        assert known == pytest.approx(table[name].tolist(), nan_ok=True)
