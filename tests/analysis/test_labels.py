"""What the model would have answered: labels and scales."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.labels import expected_table, label_columns, labels_table
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.core.reply.reply import Choice, Reply
from chat_magic.core.request.label_set import LabelSet
from chat_magic.errors import InvalidRequest

log = math.log

YES = [(" Yes", 0.4), ("yes", 0.1), ("YES", 0.05), ("no", 0.2), ("N", 0.05), ("Maybe", 0.1)]


def logs(pairs):
    return [(text, log(prob)) for text, prob in pairs]


def labels(answer, names=("yes", "no"), **options):
    return labels_table(read_replies([answer]), list(names), attrs={}, **options)


def expected(answer, **options):
    return expected_table(read_replies([answer]), attrs={}, **options)


@pytest.fixture
def decided(token, reply):
    """Return a function from texts to an answer whose last but one token is decided by YES."""

    def build(*before, chosen=" Yes", after="."):
        return reply(
            [
                *(token(x, -0.1) for x in before),
                token(chosen, log(0.4), logs(YES)),
                token(after, 0.0),
            ]
        )

    return build


def test_ways_to_write_a_label_count_together(decided):
    """.4 + .1 + .05; `N` begins `no` alone; Maybe is other, and .1 was not listed."""
    (row,) = labels(decided()).to_dict("records")
    assert (row["run"], row["choice"], row["position"], row["token"]) == (0, 0, 0, " Yes")
    assert row["yes"] == pytest.approx(0.55)
    assert row["no"] == pytest.approx(0.25)
    assert (row["ambiguous"], row["other"]) == pytest.approx((0, 0.1))
    assert row["residual"] == pytest.approx(0.1)


def test_what_begins_two_labels_is_ambiguous(decided):
    """`N` and `no` begin `none` too; `no` is no better for being whole."""
    (row,) = labels(decided(), ["Yes", "No", "None"]).to_dict("records")
    assert (row["Yes"], row["No"], row["None"]) == pytest.approx((0.55, 0, 0))
    assert row["ambiguous"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("before", "at", "position"),
    [
        ((), "first", 0),
        (("\n", "**"), "first", 2),
        (('{"', "answer", '":', ' "'), "/answer", 4),
        (("Think", ".\n", "Answer", ":"), re.compile(r"Answer: *(\w+)"), 4),
        (("So", ":"), re.compile(r"yes", re.IGNORECASE), 2),
    ],
)
def test_the_answer_is_decided_where_its_place_says_something(decided, before, at, position):
    """Quotes, Markdown and white space are passed over."""
    after = '"}' if at == "/answer" else "."
    (row,) = labels(decided(*before, after=after), at=at).to_dict("records")
    assert row["position"] == position
    assert row["yes"] == pytest.approx(0.55)


def test_a_token_that_holds_more_than_the_label_counts_without_its_punctuation(token, reply):
    """`:"yes`, `yes"}` and `Yes.` all begin yes."""
    others = logs([('"yes"}', 0.5), ('"no"}', 0.3), ('"', 0.1)])
    answer = reply([token('{"a":', 0.0), token('"yes"}', log(0.5), others)])
    (row,) = labels(answer, at="/a").to_dict("records")
    assert (row["yes"], row["no"], row["other"]) == pytest.approx((0.5, 0.3, 0.1))


def test_a_label_can_be_punctuation(token, reply):
    """It is tried as it stands first."""
    answer = reply([token(" +", log(0.5), logs([(" +", 0.5), ("-", 0.25), (".", 0.1)]))])
    (row,) = labels(answer, ["+", "-", "..."]).to_dict("records")
    assert (row["+"], row["-"], row["..."]) == pytest.approx((0.5, 0.25, 0.1))


def test_without_alternatives_the_token_that_came_is_all_there_is(token, reply):
    """The rest is residual; without a measurement nothing is known."""
    table = labels(reply([token("yes", log(0.7))], [token("yes", None)]))
    assert table["yes"].tolist() == pytest.approx([0.7, math.nan], nan_ok=True)
    assert table["residual"].tolist() == pytest.approx([0.3, math.nan], nan_ok=True)


def test_an_answer_without_the_place_has_no_probabilities(token, reply):
    """Its row stays, so that rows match choices."""
    answer = reply([token("Hm", log(0.5))], [token('{"a": "yes"}', log(0.5))], [])
    table = labels(answer, at="/a")
    assert table["choice"].tolist() == [0, 1, 2]
    assert table["position"].tolist() == [pd.NA, 0, pd.NA]
    assert table["token"].isna().tolist() == [True, False, True]
    for name in ("yes", "ambiguous", "other", "residual"):
        assert table[name].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("replies", [(), (Reply(),), (Reply(choices=(Choice(index=0),)),)])
def test_tables_of_nothing_have_their_columns_and_types(replies):
    """Also those that other code sums over."""
    table = labels_table(read_replies(replies), ["a"], attrs={})
    assert [str(kind) for kind in table.dtypes[-4:]] == ["float64"] * 4
    assert list(table) == [
        "run",
        "choice",
        "position",
        "token",
        "ambiguous",
        "other",
        "residual",
        "a",
    ]
    assert list(expected_table(read_replies(replies), attrs={}))[-2:] == ["expected", "covered"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "must be a list of texts"),
        ("yes", "must be a list of texts"),
        ([1, 2], "must be a list of texts"),
        (["yes", " YES"], "' YES' is empty, or like another one"),
        (["yes", ""], "'' is empty"),
        (["other", "yes"], "'other' is a column of the table"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(names, words):
    """The error names the one."""
    with pytest.raises(InvalidRequest, match=words):
        labels_table(read_replies([]), names, attrs={})


def test_tables_of_answers_have_a_column_for_each_label_and_the_rest(token, reply):
    """They add up to 1, as in the table of labels."""
    others = logs([("yes", 0.5), ("no", 0.25), ("maybe", 0.125)])
    columns = read_replies([reply([token("yes", log(0.5), others)])])
    known = label_columns(columns, LabelSet(("yes", "no")))
    assert {name: values.tolist() for name, values in known.items()} == {
        "p[yes]": pytest.approx([0.5]),
        "p[no]": pytest.approx([0.25]),
        "p[ambiguous]": [0],
        "p[other]": pytest.approx([0.125]),
        "p[residual]": pytest.approx([0.125]),
    }


@pytest.mark.parametrize("at", ["last", "answer", 3, None])
def test_another_place_is_refused_with_those_there_are(at):
    """A pointer begins with a slash."""
    with pytest.raises(InvalidRequest, match="must be 'first', a JSON Pointer"):
        labels_table(read_replies([]), ["a"], attrs={}, at=at)


@given(st.lists(st.tuples(st.sampled_from(["yes", " Yes", "no", "n", "x", ""]), st.integers(1, 9)),
                min_size=1, max_size=6))  # fmt: skip
def test_the_probabilities_of_a_row_add_up_to_one(token, reply, weights):
    """However they were shared out."""
    total = sum(weight for _, weight in weights) + 1
    others = [(text, log(weight / total)) for text, weight in weights]
    table = labels(reply([token("yes", None, others)]))
    parts = table[["ambiguous", "other", "residual", "yes", "no"]]
    assert parts.sum(axis=1).tolist() == pytest.approx([1])


def test_the_expected_value_weighs_the_numbers_by_probability(token, reply):
    """(4 · .5 + 5 · .25 + 3.5 · .05) / .8; words do not count."""
    others = logs([("4", 0.5), (" 5", 0.25), ("3.5", 0.05), ("four", 0.1)])
    (row,) = expected(reply([token("4", log(0.5), others)])).to_dict("records")
    assert row["expected"] == pytest.approx((2 + 1.25 + 0.175) / 0.8)
    assert row["covered"] == pytest.approx(0.8)


def test_numbers_off_the_scale_do_not_count(token, reply):
    """The ends of the scale do."""
    others = logs([("5", 0.5), ("202", 0.25), ("1", 0.125), ("-3", 0.0625)])
    (row,) = expected(reply([token("5", log(0.5), others)]), between=(1, 5)).to_dict("records")
    assert row["expected"] == pytest.approx((2.5 + 0.125) / 0.625)
    assert row["covered"] == pytest.approx(0.625)


def test_without_a_number_there_is_no_expected_value(token, reply):
    """Nothing is covered; nothing is known where nothing was measured."""
    table = expected(reply([token("good", log(0.5))], [token("4", None)], []))
    assert table["expected"].isna().all()
    assert table["covered"].tolist() == pytest.approx([0, math.nan, math.nan], nan_ok=True)


def test_a_number_in_json_is_found_under_its_pointer(token, reply):
    """Also in a token that closes the object."""
    others = logs([("5}", 0.5), ("3}", 0.25)])
    answer = reply([token('{"rating": ', 0.0), token("5}", log(0.5), others)])
    (row,) = expected(answer, at="/rating").to_dict("records")
    assert row["expected"] == pytest.approx((2.5 + 0.75) / 0.75)
