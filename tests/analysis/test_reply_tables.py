"""The tables of replies: their columns, and what stands in them."""

from __future__ import annotations

import json
import math
import pickle

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import alternatives_table, choices_table, tokens_table
from chat_magic.core.reply.reply import Choice, Logprobs, Message, Reply, TokenTimes

STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"

TOKENS = {
    "run": "int32",
    "choice": "int16",
    "part": "category",
    "position": "int32",
    "token": STRING,
    "bytes": "object",
    "text": STRING,
    "group": "int32",
    "frag": "int8",
    "n_frag": "int8",
    "byte_start": "Int32",
    "byte_end": "Int32",
    "char_start": "Int32",
    "char_end": "Int32",
    "align": "category",
    "logprob": "float64",
    "logprob_raw": "float64",
    "status": "category",
    "prob": "float64",
    "surprisal_bits": "float64",
    "rank": "Int16",
    "k_returned": "int16",
    "top1_token": "category",
    "gap_nats": "float64",
    "margin": "float64",
    "mass_known": "float64",
    "mass_residual": "float64",
    "entropy_bits_low": "float64",
    "entropy_bits_high": "float64",
    "varentropy": "float64",
    "is_space": "bool",
    "is_newline": "bool",
    "is_special": "bool",
    "is_forced": "bool",
    "chunk": "int32",
    "t_ms": "float64",
}
ALTERNATIVES = {
    "run": "int32",
    "choice": "int16",
    "part": "category",
    "position": "int32",
    "rank": "int16",
    "token": "category",
    "bytes": "object",
    "logprob": "float64",
    "logprob_raw": "float64",
    "status": "category",
    "prob": "float64",
    "cum_prob": "float64",
    "is_chosen": "bool",
    "is_extra": "bool",
}
CHOICES = {
    "run": "int32",
    "choice": "int16",
    "finish_reason": "category",
    "n_tokens": "int32",
    "n_scored": "int32",
    "n_censored": "int32",
    "joint_logprob": "float64",
    "mean_logprob": "float64",
    "perplexity": "float64",
    "perplexity_low": "float64",
    "geo_mean_prob": "float64",
    "bits_per_byte": "float64",
    "min_prob": "float64",
    "min_prob_position": "Int32",
    "frac_below_50": "float64",
    "frac_non_greedy": "float64",
    "mean_entropy_bits_low": "float64",
    "mean_entropy_bits_high": "float64",
    "mean_residual": "float64",
    "z_sampling": "float64",
    "alignment_coverage": "float64",
    "first_divergence": "Int32",
    "first_divergence_byte": "Int32",
    "duplicate_of": "Int16",
    "text": STRING,
}
TABLES = [(tokens_table, TOKENS), (alternatives_table, ALTERNATIVES), (choices_table, CHOICES)]

log = math.log


def build(table, *replies, **options):
    return table(read_replies(replies), attrs={}, **options)


@pytest.fixture
def answer(token, reply):
    """` Paris.` with two alternatives each, the last token from outside them."""
    return reply(
        [
            token(" Paris", log(0.5), [(" Paris", log(0.5)), (" Lyon", log(0.25))]),
            token(".", log(0.125), [("!", log(0.5)), (",", log(0.25))]),
        ]
    )


@pytest.mark.parametrize(("table", "schema"), TABLES)
@pytest.mark.parametrize(
    "replies",
    [
        (),
        (Reply(),),
        (Reply(choices=(Choice(index=0),)),),
        (Reply(choices=(Choice(index=0, logprobs=Logprobs(content=[])),)),),
    ],
)
def test_a_table_has_its_columns_and_types_when_nothing_is_there(table, schema, replies):
    """Code that reads a table needs no special case for it."""
    found = build(table, *replies)
    assert found.dtypes.astype(str).to_dict() == schema
    assert list(found) == list(schema)
    assert len(found) == (len(replies[0].choices) if replies and table is choices_table else 0)


@pytest.mark.parametrize(("table", "schema"), TABLES)
def test_a_table_has_its_columns_and_types_when_all_is_there(table, schema, answer):
    """The same ones, in the same order."""
    found = build(table, answer)
    assert list(found.dtypes.astype(str).items()) == list(schema.items())


@pytest.mark.parametrize(("table", "_"), TABLES)
def test_what_is_known_of_the_request_travels_with_the_table_as_plain_json(table, _, answer):
    """Tuples become lists; parquet can keep it."""
    attrs = {"model": "a/b", "params": {"stop": ("x",)}}
    found = table(read_replies([answer]), attrs=attrs, vocabulary=50_000).attrs["chat_magic"]
    assert found == {
        "schema_version": 1,
        "vocab_size_assumed": 50_000,
        "model": "a/b",
        "params": {"stop": ["x"]},
    }
    assert json.loads(json.dumps(found)) == found


def test_a_token_has_its_numbers(answer):
    """In the first one .25 is unseen: no larger than one more .25, which makes 1.5 bits."""
    first, last = build(tokens_table, answer).to_dict("records")
    assert first["surprisal_bits"] == pytest.approx(1)
    assert first["rank"] == 1
    assert first["k_returned"] == 2
    assert first["top1_token"] == " Paris"
    assert first["gap_nats"] == 0
    assert first["margin"] == pytest.approx(0.25)
    assert first["mass_known"] == pytest.approx(0.75)
    assert first["mass_residual"] == pytest.approx(0.25)
    assert first["entropy_bits_low"] == pytest.approx(1.5)
    assert first["entropy_bits_high"] == pytest.approx(1 - 0.25 * math.log2(0.25 / 199_998))
    assert math.isnan(first["varentropy"])
    assert pd.isna(last["rank"])
    assert last["top1_token"] == "!"
    assert last["gap_nats"] == pytest.approx(log(4))
    assert last["mass_known"] == pytest.approx(0.875)
    assert last["entropy_bits_low"] == pytest.approx(0.5 + 0.5 + 0.375 + 0.375)


def test_a_token_has_its_place(answer):
    """In bytes and code points of the text."""
    table = build(tokens_table, answer)
    assert table["text"].tolist() == [" Paris", "."]
    assert table["bytes"].tolist() == [b" Paris", b"."]
    assert table["byte_start"].tolist() == [0, 6]
    assert table["char_end"].tolist() == [6, 7]
    assert table["align"].tolist() == ["ok", "ok"]


def test_one_alternative_gives_no_entropy_and_none_gives_no_rank(token, reply):
    """With K = 1 the margin is unknown too; the probability seen is what came."""
    table = build(
        tokens_table, reply([token("a", log(0.5), [("a", log(0.5))]), token("b", log(0.5))])
    )
    assert table["entropy_bits_low"].isna().all()
    assert table["margin"].isna().all()
    assert table["rank"].tolist() == [1, pd.NA]
    assert table["gap_nats"].fillna(-1).tolist() == [0, -1]
    assert table["top1_token"].isna().tolist() == [False, True]
    assert table["mass_known"].tolist() == pytest.approx([0.5, 0.5])


def test_a_sentinel_keeps_what_was_sent_and_has_no_number(token, reply):
    """The status says why."""
    sent = [-9999.0, -100.0, 0.3, math.nan, None]
    table = build(tokens_table, reply([token("a", value, [("b", -0.5)]) for value in sent]))
    assert table["status"].tolist() == ["censored", "masked", "positive", "nan", "missing"]
    assert table["logprob_raw"].tolist()[:3] == [-9999.0, -100.0, 0.3]
    for name in ("logprob", "prob", "surprisal_bits", "gap_nats"):
        assert table[name].isna().all()


def test_alternatives_without_a_measurement_say_nothing_of_the_token(token, reply):
    """Neither which was the most probable, nor how far it lay below."""
    others = [("b", -9999.0), ("c", None)]
    (row,) = build(tokens_table, reply([token("a", -0.5, others)])).to_dict("records")
    assert row["k_returned"] == 2
    for name in ("rank", "top1_token", "gap_nats", "entropy_bits_low"):
        assert pd.isna(row[name])


def test_a_tokens_own_log_probability_wins_over_that_of_its_alternative(token, reply):
    """Its gap is never below 0; the table of alternatives keeps what was sent."""
    answer = reply([token("b", log(0.25), [("a", log(0.5)), ("b", log(0.125))])])
    (row,) = build(tokens_table, answer).to_dict("records")
    assert row["rank"] == 2
    assert row["gap_nats"] == pytest.approx(log(2))
    assert row["mass_known"] == pytest.approx(0.75)
    assert build(alternatives_table, answer)["prob"].tolist() == pytest.approx([0.5, 0.125])


def test_a_token_is_forced_when_a_grammar_left_nothing_else(token, reply):
    """All others at -100 or -9999; its entropy is 0."""
    others = [("{", -0.0), ("a", -100.0), ("b", -9999.0)]
    (row,) = build(tokens_table, reply([token("{", -0.0, others)])).to_dict("records")
    assert row["is_forced"]
    assert row["entropy_bits_low"] == row["entropy_bits_high"] == 0
    assert row["k_returned"] == 3


@pytest.mark.parametrize(
    ("text", "space", "newline", "special"),
    [
        (" ", True, False, False),
        ("\u00a0", True, False, False),
        (".\n\n", False, True, False),
        ("\r", True, True, False),
        ("<|im_end|>", False, False, True),
        ("</script>", False, False, False),
        ("", False, False, False),
    ],
)
def test_the_kind_of_a_token_is_told(token, reply, text, space, newline, special):
    """White space, line ends and control tokens."""
    (row,) = build(tokens_table, reply([token(text, -0.5)])).to_dict("records")
    assert (row["is_space"], row["is_newline"], row["is_special"]) == (space, newline, special)


def test_a_token_knows_its_chunk_and_arrival(token, choice):
    """Where the arrival of some is not known, these have -1 and NaN."""
    arrivals = {"content": TokenTimes(chunk=[3, 3], t_ms=[120.5, 120.5])}
    answer = Reply(choices=(choice([token("a", -0.5)] * 3, arrivals=arrivals),))
    table = build(tokens_table, answer)
    assert table["chunk"].tolist() == [3, 3, -1]
    assert table["t_ms"].fillna(-1).tolist() == [120.5, 120.5, -1]


def test_a_refusal_is_a_part_of_its_own_and_speaks_for_its_choice(token):
    """Its positions start at 0."""
    refused = Choice(
        index=0,
        message=Message(refusal="No."),
        logprobs=Logprobs(refusal=[token("No", log(0.5)), token(".", log(0.5))]),
    )
    tokens = build(tokens_table, Reply(choices=(refused,)))
    assert tokens["part"].tolist() == ["refusal", "refusal"]
    assert tokens["byte_end"].tolist() == [2, 3]
    (row,) = build(choices_table, Reply(choices=(refused,))).to_dict("records")
    assert (row["text"], row["n_tokens"]) == ("No.", 2)


def test_a_lone_surrogate_is_a_replacement_character_in_every_table(token, reply):
    """Neither parquet nor a UTF-8 file could hold it."""
    answer = reply([token("a\ud83d", -0.5, [("a\ud83d", -0.5), ("\udc4d", -1.5)])])
    assert build(tokens_table, answer)["token"].tolist() == ["a\ufffd"]
    assert build(tokens_table, answer)["align"].tolist() == ["ok"]
    assert build(alternatives_table, answer)["token"].tolist() == ["a\ufffd", "\ufffd"]
    assert build(choices_table, answer)["text"].tolist() == ["a\ufffd"]


def test_a_placeholder_has_no_bytes_and_no_place(token, choice):
    """VLLM can send ids in place of texts."""
    answer = Reply(choices=(choice([token("token_id:262", -0.5)], "The"),))
    (row,) = build(tokens_table, answer).to_dict("records")
    assert row["bytes"] is None
    assert row["align"] == "unaligned"
    assert pd.isna(row["byte_start"])


def test_alternatives_have_a_row_each_and_what_came_from_outside_one_more(answer):
    """Its rank is one more than were returned."""
    table = build(alternatives_table, answer)
    assert table["position"].tolist() == [0, 0, 1, 1, 1]
    assert table["rank"].tolist() == [1, 2, 1, 2, 3]
    assert table["token"].tolist() == [" Paris", " Lyon", "!", ",", "."]
    assert table["cum_prob"].tolist() == pytest.approx([0.5, 0.75, 0.5, 0.75, 0.875])
    assert table["is_chosen"].tolist() == [True, False, False, False, True]
    assert table["is_extra"].tolist() == [False, False, False, False, True]


def test_a_choice_has_its_numbers(answer):
    """Probabilities .5 and .125 over seven bytes: four bits."""
    (row,) = build(choices_table, answer).to_dict("records")
    assert row["finish_reason"] == "stop"
    assert (row["n_tokens"], row["n_scored"], row["n_censored"]) == (2, 2, 0)
    assert row["joint_logprob"] == pytest.approx(log(1 / 16))
    assert row["perplexity"] == row["perplexity_low"] == pytest.approx(4)
    assert row["geo_mean_prob"] == pytest.approx(0.25)
    assert row["bits_per_byte"] == pytest.approx(4 / 7)
    assert row["min_prob"] == pytest.approx(0.125)
    assert row["min_prob_position"] == 1
    assert row["frac_below_50"] == 0.5
    assert row["frac_non_greedy"] == 0.5
    assert row["mean_entropy_bits_low"] == pytest.approx((1.5 + 1.75) / 2)
    assert row["mean_residual"] == pytest.approx((0.25 + 0.125) / 2)
    assert math.isnan(row["z_sampling"])
    assert row["alignment_coverage"] == 1
    assert pd.isna(row["first_divergence"])
    assert pd.isna(row["duplicate_of"])


def test_a_censored_token_counts_at_its_bound_only(token, reply):
    """.5 and at most .25, which the top leaves: a perplexity of 2, and at least the root of 8."""
    top = [("x", log(0.5)), ("y", log(0.25))]
    answer = reply([token("x", log(0.5), top), token("z", -9999.0, top)])
    (row,) = build(choices_table, answer).to_dict("records")
    assert (row["n_scored"], row["n_censored"]) == (1, 1)
    assert row["perplexity"] == pytest.approx(2)
    assert row["perplexity_low"] == pytest.approx(math.sqrt(8))
    assert math.isnan(row["bits_per_byte"])


def test_tokens_outside_the_text_count_neither_in_perplexity_nor_in_bits_per_byte(token, choice):
    """Both are those of the text; with part of it unplaced there are no bits per byte."""
    tokens = [token("Hi", log(0.25)), token("<|im_end|>", log(0.5))]
    whole, partly = choice(tokens, "Hi"), choice(tokens, "Hi!")
    rows = build(choices_table, Reply(choices=(whole, partly)))
    assert rows["perplexity"].tolist() == pytest.approx([4] * 2)
    assert rows["n_tokens"].tolist() == [2, 2]
    assert rows["n_scored"].tolist() == [1, 1]
    assert rows["bits_per_byte"].fillna(-1).tolist() == pytest.approx([1, -1])
    assert rows["alignment_coverage"].tolist() == pytest.approx([1, 2 / 3])


def test_choices_part_at_the_first_byte_in_which_they_differ(token, reply):
    """Two ways to cut the same text into tokens are no difference."""
    one = [token("Ann", -0.5), token("abel", -0.5)]
    other = [token("An", -0.5), token("na", -0.5)]
    rows = build(choices_table, reply(one, other, one[:1]))
    assert rows["first_divergence_byte"].tolist() == [3, 3, 3]
    assert rows["first_divergence"].tolist() == [1, 1, pd.NA]


def test_equal_texts_are_duplicates_of_the_first(token, reply):
    """Within a run; empty ones are not."""
    a, b = [token("a", -0.5)], [token("b", -0.5)]
    rows = build(choices_table, reply(a, b, a, [], []), reply(a, a))
    assert rows["run"].tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert rows["duplicate_of"].fillna(-1).tolist() == [-1, -1, 0, -1, -1, -1, 0]
    assert rows["first_divergence_byte"].fillna(-1).tolist() == [0] * 5 + [-1] * 2


@given(st.permutations(range(4)))
def test_the_order_of_the_choices_changes_nothing(token, choice, order):
    """Servers send them in any order; a row is found by its key."""
    texts = ["Ada", "Ann", "Anna", "Bo"]
    others = [("A", -0.7), ("B", -1.2)]
    choices = [
        choice([token(letter, -1.2, others) for letter in text], index=index)
        for index, text in enumerate(texts)
    ]
    for table, key in [
        (tokens_table, ["choice", "position"]),
        (alternatives_table, ["choice", "position", "rank"]),
        (choices_table, ["choice"]),
    ]:
        plain = build(table, Reply(choices=tuple(choices)))
        mixed = build(table, Reply(choices=tuple(choices[i] for i in order)))
        mixed = mixed.sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(plain, mixed, check_categorical=False)


@pytest.mark.parametrize(("table", "_"), TABLES)
def test_a_table_pickles(table, _, answer):
    """With its attributes."""
    found = build(table, answer)
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(found, again)
    assert again.attrs == found.attrs


def test_a_whole_vocabulary_of_alternatives_is_ranked_to_its_end(token, reply):
    """Where int16 is too small for a rank the columns are wider, and nothing is cut."""
    others = [(f"t{n}", -5.0 - n / 1000) for n in range(40_000)]
    answer = reply([token("t39999", others[-1][1], others), token("t0", -5.0, others)])
    tokens, alternatives = build(tokens_table, answer), build(alternatives_table, answer)
    assert tokens["k_returned"].tolist() == [40_000, 40_000]
    assert tokens["rank"].tolist() == [40_000, 1]
    assert alternatives["rank"].max() == 40_000
    assert (tokens["rank"].dtype, alternatives["rank"].dtype) == ("Int32", "int32")


def test_reasoning_tokens_are_a_part_of_their_own(token):
    """They do not count in the choice's own metrics."""
    message = Message(content="so", reasoning="hm")
    lists = Logprobs(content=[token("so", -0.5)], reasoning=[token("hm", -3.0)])
    columns = read_replies([Reply(choices=(Choice(index=0, message=message, logprobs=lists),))])
    found = tokens_table(columns, attrs={})
    assert found["part"].tolist() == ["content", "reasoning"]
    assert found["logprob"].tolist() == [-0.5, -3.0]
    assert choices_table(columns, attrs={})["joint_logprob"].tolist() == [-0.5]
