"""Where sampled texts part."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.branches import branches_table
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.core.reply.reply import Reply

STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
SCHEMA = {
    "run": "int32",
    "node_id": "int32",
    "parent_id": "int32",
    "depth": "int32",
    "prefix_chars": "int32",
    "token": STRING,
    "count": "int32",
    "share": "float64",
    "wilson_low": "float64",
    "wilson_high": "float64",
    "model_prob": "float64",
    "model_prob_min": "float64",
    "model_prob_max": "float64",
    "choices": "object",
}

log = math.log


def branches(*replies):
    return branches_table(read_replies(replies), attrs={})


def ways(table):
    return list(zip(table["token"], table["choices"], strict=True))


@pytest.mark.parametrize("texts", [(), ("a|b",), ("a|b", "a|b"), ("a|b", "ab")])
def test_texts_that_do_not_part_have_no_branches(sampled, texts):
    """One alone, equal ones, and the same text in other tokens."""
    table = branches(sampled(*texts))
    assert list(table.dtypes.astype(str).items()) == list(SCHEMA.items())
    assert len(table) == 0


def test_each_way_on_has_its_count_and_its_place(sampled):
    """The most taken first; a second divergence lies below the first."""
    table = branches(sampled("Hi|, Ann|.", "Hi|, Bo|.", "Hi|, Ann|!"))
    assert list(table.dtypes.astype(str).items()) == list(SCHEMA.items())
    assert ways(table) == [(", Ann", (0, 2)), (", Bo", (1,)), (".", (0,)), ("!", (2,))]
    assert table["node_id"].tolist() == [0, 1, 2, 3]
    assert table["parent_id"].tolist() == [-1, -1, 0, 0]
    assert table["depth"].tolist() == [0, 0, 1, 1]
    assert table["prefix_chars"].tolist() == [2, 2, 7, 7]
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 2, 1 / 2])


def test_the_models_probability_is_the_mean_over_those_who_came_this_far(token, reply):
    """Each reported it a little otherwise: .6 and .62, .3 and .31."""
    one = [token("A", log(0.6), [("A", log(0.6)), ("B", log(0.3))])]
    two = [token("B", log(0.31), [("A", log(0.62)), ("B", log(0.31))])]
    table = branches(reply(one, two))
    assert table["model_prob"].tolist() == pytest.approx([0.61, 0.305])
    assert table["model_prob_min"].tolist() == pytest.approx([0.6, 0.3])
    assert table["model_prob_max"].tolist() == pytest.approx([0.62, 0.31])


def test_a_way_that_nobody_reported_has_no_probability(sampled):
    """Nor has the end of a text, which has no token."""
    table = branches(sampled("a", "a| b"))
    assert ways(table) == [("", (0,)), (" b", (1,))]
    assert table["model_prob"].tolist() == pytest.approx([math.nan, 0.5], nan_ok=True)


def test_other_tokens_of_the_same_text_are_not_a_divergence(sampled):
    """`An|na` goes the way of `Anna`; its probability is that of both its tokens."""
    table = branches(sampled("An|na| Lee", "Anna| Lee", "Bo|b"))
    assert ways(table) == [("Anna", (0, 1)), ("Bo", (2,))]
    assert table["model_prob_min"].tolist() == pytest.approx([0.25, 0.5])
    assert table["model_prob_max"].tolist() == pytest.approx([0.5, 0.5])


def test_a_divergence_inside_a_code_point_shows_the_whole_one(token, reply):
    """👍 and 👎 share three of their four bytes."""
    up, down = "👍".encode(), "👎".encode()
    table = branches(
        Reply(
            choices=tuple(
                choice
                for data, text, index in [(up, "👍", 0), (down, "👎", 1)]
                for choice in [_emoji(token, data, text, index)]
            )
        )
    )
    assert table["token"].tolist() == ["👍", "👎"]
    assert table["prefix_chars"].tolist() == [0, 0]
    assert table["model_prob"].tolist() == pytest.approx([0.25, 0.25])


def _emoji(token, data, text, index):
    from tests.analysis.conftest import build_choice

    parts = [token("\ufffd", log(0.5), sent=list(part)) for part in (data[:3], data[3:])]
    return build_choice(parts, text, index=index)


def test_runs_part_each_for_itself(sampled):
    """Their nodes are numbered from 0 again."""
    table = branches(sampled("a", "b"), sampled("a", "a"), sampled("c", "d"))
    assert table["run"].tolist() == [0, 0, 2, 2]
    assert table["node_id"].tolist() == [0, 1, 0, 1]


TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "ab", "b", "é", "👍", " "]), max_size=5), max_size=6
)


@given(TEXTS)
def test_each_divergence_shares_out_those_who_came_and_all_texts_end_apart(token, reply, texts):
    """The counts of siblings add up; different texts lie under different last nodes."""
    table = branches(reply(*([token(part, log(0.5)) for part in text] for text in texts)))
    joined = ["".join(text) for text in texts]
    for parent, rows in table.groupby("parent_id"):
        came = len(texts) if parent < 0 else table.set_index("node_id")["count"][parent]
        assert rows["count"].sum() == came
        assert len(rows) > 1
    for row in table.to_dict("records"):
        assert all(
            joined[choice][row["prefix_chars"] :].startswith(row["token"])
            for choice in row["choices"]
        )
    for one in range(len(texts)):
        for other in range(one):
            together = [c for c in table["choices"] if one in c and other in c]
            apart = [c for c in table["choices"] if (one in c) != (other in c)]
            assert bool(apart) == (joined[one] != joined[other]), together


@given(st.permutations(range(4)))
def test_the_order_of_the_choices_changes_nothing(token, choice, order):
    """Ways are known by their text and who took them."""
    texts = ["a| b", "a| c", "b", "a| b| d"]
    choices = [choice([token(p, -0.5) for p in t.split("|")], index=i) for i, t in enumerate(texts)]
    plain = branches(Reply(choices=tuple(choices)))
    mixed = branches(Reply(choices=tuple(choices[i] for i in order)))
    key = ["depth", "prefix_chars", "token", "count", "share"]
    one, other = (t[key].sort_values(key, ignore_index=True) for t in (plain, mixed))
    pd.testing.assert_frame_equal(one, other)
