"""How far choices agree: known answers, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.agreement import (
    agreement,
    agreement_table,
    normalised,
    predictive_entropy,
    relative_weights,
    sampled_entropy,
    total_variation_low,
)
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.core.reply.reply import Choice, Message, Reply

STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
SCHEMA = {
    "run": "int32",
    "n_choices": "int32",
    "share": "float64",
    "distinct": "float64",
    "entropy_nats": "float64",
    "unseen_mass": "float64",
    "text": STRING,
    "weight": "float64",
    "sampled_entropy": "float64",
    "predictive_entropy": "float64",
    "total_variation_low": "float64",
}

log = math.log


def table(*replies):
    return agreement_table(read_replies(replies), attrs={"model": "a/b"})


@pytest.mark.parametrize(
    ("texts", "share", "distinct", "entropy", "unseen"),
    [
        (["a"], 1, 1, 0, 1),
        (["a", "a", "a"], 1, 1 / 3, 0, 0),
        (["a", "b"], 0.5, 1, math.log(2) + 1 / 4, 1),
        (["a", "a", "b", "c"], 0.5, 0.75, 1.5 * math.log(2) + 2 / 8, 0.5),
        (["Yes", " yes\n", "YES"], 1, 1 / 3, 0, 0),
    ],
)
def test_agreement_has_known_answers(texts, share, distinct, entropy, unseen):
    """Share and variety, entropy with Miller and Madow's correction, Good and Turing's mass."""
    assert agreement(texts) == pytest.approx((share, distinct, entropy, unseen))


def test_nothing_agrees_where_nothing_came():
    """NaN, not an error."""
    assert all(map(math.isnan, agreement([])))
    assert math.isnan(sampled_entropy(np.array([])))
    assert math.isnan(predictive_entropy(np.array([0.0]), np.array([0])))


@pytest.mark.parametrize(
    ("text", "same"),
    [(" Ja ", "ja"), ("\ufb01n", "fin"), ("STRASSE", "stra\u00dfe"), ("a b", "a b")],
)
def test_texts_are_compared_without_case_width_and_margins(text, same):
    """White space within them counts."""
    assert normalised(text) == normalised(same)


def test_entropies_of_two_choices():
    """LL of -2 over 2 tokens and -6 over 3: (1 + 2)/2 nats a token, (2 + 6)/2 nats an answer."""
    joint, lengths = np.array([-2.0, -6.0]), np.array([2, 3])
    assert predictive_entropy(joint, lengths) == 1.5
    assert sampled_entropy(joint) == 4


def test_weights_are_relative_to_what_was_sampled():
    """Also where the probabilities themselves are too small for a float."""
    weights = relative_weights({"a": -1000.0, "b": -1000.0 - math.log(3)})
    assert weights == pytest.approx({"a": 0.75, "b": 0.25})
    assert relative_weights({}) == {}


def test_total_variation_counts_what_both_name():
    """(|0.6 - 0.5| + |0.3 - 0.1|) / 2."""
    one, other = {b"a": 0.6, b"b": 0.3, b"c": 0.1}, {b"a": 0.5, b"b": 0.1, b"d": 0.4}
    assert total_variation_low(one, other) == pytest.approx(0.15)
    assert total_variation_low(one, {}) == 0


def test_a_run_is_a_row(sampled, tmp_path):
    """Also one without a choice; it can be written as parquet."""
    found = table(sampled("a|b", "A|B ", "c"), Reply(), sampled("d"))
    assert found.dtypes.astype(str).to_dict() == SCHEMA
    assert found.attrs["chat_magic"]["model"] == "a/b"
    assert found["n_choices"].tolist() == [3, 0, 1]
    assert found["share"].tolist() == pytest.approx([2 / 3, math.nan, 1], nan_ok=True)
    assert found["text"].tolist()[::2] == ["ab", "d"]
    assert found["text"].isna().tolist() == [False, True, False]
    found.to_parquet(tmp_path / "agreement.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "agreement.parquet"), found)


def test_what_came_most_has_a_weight_beside_its_share(token, reply):
    """Yes (.3, .2 spelled in capitals) came twice, no (.1) once: .3 of .3 + .1."""
    yes, capitals, no = ([token(t, log(p))] for t, p in [("yes", 0.3), ("YES", 0.2), ("no", 0.1)])
    (row,) = table(reply(no, capitals, yes)).to_dict("records")
    assert row["text"] == "YES"
    assert row["share"] == pytest.approx(2 / 3)
    assert row["weight"] == pytest.approx(0.75)


def test_a_runs_entropies_are_those_of_its_choices(token, reply):
    """LL of -2 over 2 tokens and -6 over 3, one of them after the text."""
    one = [token("a", -1.0), token("b", -1.0)]
    two = [token("a", -1.0), token("c", -4.0), token("<|im_end|>", -1.0)]
    from tests.analysis.conftest import build_choice

    ended = Reply(choices=(build_choice(one), build_choice(two, "ac", index=1)))
    (row,) = table(ended).to_dict("records")
    assert (row["predictive_entropy"], row["sampled_entropy"]) == (1.5, 4)


def test_without_log_probabilities_only_the_texts_agree():
    """What needs them is NaN."""
    plain = [Choice(index=n, message=Message(content=t)) for n, t in enumerate("aab")]
    found = table(Reply(choices=tuple(plain)))
    assert found["share"].tolist() == pytest.approx([2 / 3])
    assert list(found.columns[found.isna().all()]) == list(SCHEMA)[7:]


def test_runs_are_held_against_the_first_where_they_part(token, reply):
    """(|.6 - .5| + |.3 - .1|) / 2 after what both said; NaN where they said the same."""
    same = token("Hi", log(0.9))
    one = [same, token("A", log(0.6), [("A", log(0.6)), ("B", log(0.3)), ("C", log(0.1))])]
    two = [same, token("B", log(0.1), [("A", log(0.5)), ("D", log(0.4)), ("B", log(0.1))])]
    found = table(reply(one), reply(two), reply(one))["total_variation_low"]
    assert found.tolist() == pytest.approx([math.nan, 0.15, math.nan], nan_ok=True)


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1), st.randoms())
def test_the_order_of_the_choices_does_not_matter(texts, random):
    """Any permutation agrees as far."""
    shuffled = random.sample(texts, len(texts))
    assert agreement(shuffled) == pytest.approx(agreement(texts))


@given(
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6),
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=6, max_size=6),
    st.sets(st.integers(0, 5)),
    st.sets(st.integers(0, 5)),
)
def test_the_bound_never_exceeds_the_true_total_variation(p, q, shown, seen):
    """Whatever part of two full distributions is known."""
    if not sum(p) or not sum(q):
        return
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    true = np.abs(p - q).sum() / 2
    one = {bytes([k]): p[k] for k in shown}
    other = {bytes([k]): q[k] for k in seen}
    assert total_variation_low(one, other) <= true + 1e-12
