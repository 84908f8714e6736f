"""The table of spans: which tokens a stretch has, and how probable they were."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.spans import spans_table
from chat_magic.core.reply.reply import Choice, Logprobs, Message, Reply

STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
SCHEMA = {
    "run": "int32",
    "choice": "int16",
    "name": STRING,
    "kind": "category",
    "byte_start": "int32",
    "byte_end": "int32",
    "text": STRING,
    "n_tokens": "int32",
    "logprob": "float64",
    "prob": "float64",
    "mean_logprob": "float64",
    "min_prob": "float64",
    "min_prob_position": "Int32",
    "shared_start": "bool",
    "shared_end": "bool",
}

log = math.log


def spans(answer, by, **options):
    return spans_table(read_replies([answer]), by, attrs={}, **options)


@pytest.mark.parametrize("replies", [(), (Reply(),), (Reply(choices=(Choice(index=0),)),)])
def test_a_table_of_nothing_has_its_columns_and_types(replies):
    """As the others do."""
    table = spans_table(read_replies(replies), "word", attrs={"model": "a/b"})
    assert list(table.dtypes.astype(str).items()) == list(SCHEMA.items())
    assert table.attrs["chat_magic"]["model"] == "a/b"
    assert len(table) == 0


def test_a_field_has_the_probability_of_its_tokens(token, reply):
    """`{"a": 5}` with a token `5}`: shared at its end, and included."""
    answer = reply([token('{"a":', log(0.9)), token(" ", log(0.5)), token("5}", log(0.25))])
    (row,) = spans(answer, "json").to_dict("records")
    assert (row["name"], row["kind"], row["text"]) == ("/a", "json", "5")
    assert (row["byte_start"], row["byte_end"], row["n_tokens"]) == (6, 7, 1)
    assert row["logprob"] == pytest.approx(log(0.25))
    assert (row["shared_start"], row["shared_end"]) == (False, True)
    assert list(spans(answer, "json").dtypes.astype(str).items()) == list(SCHEMA.items())


def test_a_span_of_several_tokens_adds_up_and_names_its_weakest(token, reply):
    """.5, .25 and .5: one sixteenth; the mean in nats; the second token."""
    answer = reply(
        [token(x, log(p)) for x, p in [("A", 0.9), (" 1", 0.5), ("2", 0.25), ("3", 0.5)]]
    )
    table = spans(answer, re.compile(r"\d+"))
    (row,) = table.to_dict("records")
    assert row["prob"] == pytest.approx(1 / 16)
    assert row["mean_logprob"] == pytest.approx(log(1 / 16) / 3)
    assert row["min_prob"] == pytest.approx(0.25)
    assert row["min_prob_position"] == 2
    assert (row["shared_start"], row["shared_end"]) == (True, False)


def test_a_token_without_a_measurement_leaves_the_probability_open(token, reply):
    """The rest says how the measured ones were."""
    answer = reply([token("a", log(0.5)), token("b", -9999.0), token(" c", None)])
    table = spans(answer, "word")
    assert table["prob"].isna().tolist() == [True, True]
    assert table["mean_logprob"].tolist() == pytest.approx([log(0.5), math.nan], nan_ok=True)
    assert table["min_prob_position"].tolist() == [0, pd.NA]
    assert table["n_tokens"].tolist() == [2, 1]


def test_text_without_tokens_has_no_probability(token, choice):
    """Here the last word was not found among the tokens."""
    answer = Reply(choices=(choice([token("Hello", log(0.5))], "Hello you"),))
    table = spans(answer, "word")
    assert table["n_tokens"].tolist() == [1, 0]
    assert table["prob"].tolist() == pytest.approx([0.5, math.nan], nan_ok=True)
    assert table["shared_end"].tolist() == [False, False]


def test_an_empty_token_counts_with_the_one_after_it(token, reply):
    """Where a server sends the first part of a code point as nothing."""
    answer = reply([token("a", log(0.5)), token("", log(0.25)), token(" b", log(0.5))])
    assert spans(answer, "word")["prob"].tolist() == pytest.approx([0.5, 0.125])


def test_offsets_are_bytes_and_texts_are_whole(token, reply):
    """An emoji is four."""
    answer = reply([token("👍", log(0.5)), token(" é", log(0.5))])
    table = spans(answer, [(0, 1), (1, 3)])
    assert table["byte_start"].tolist() == [0, 4]
    assert table["byte_end"].tolist() == [4, 7]
    assert table["text"].tolist() == ["👍", " é"]
    assert table["kind"].tolist() == ["user", "user"]


@pytest.mark.parametrize(("reason", "names"), [("length", ["/a", "/b"]), ("stop", [])])
def test_json_may_break_off_only_where_the_server_says_so(token, reason, names):
    """`finish_reason` is length."""
    text = '{"a": 1, "b": "x'
    broken = Choice(
        index=0,
        finish_reason=reason,
        message=Message(content=text),
        logprobs=Logprobs(content=[token(text, log(0.5))]),
    )
    assert spans(Reply(choices=(broken,)), "json")["name"].tolist() == names


def test_json_that_began_in_the_prefill_is_read_with_it(token, reply):
    """Its offsets are those of the text; what lies before is left out."""
    answer = reply([token("da", log(0.5)), token('", "age": 36}', log(0.5))])
    table = spans(answer, "json", prefill='{"id": 7, "name": "A')
    assert table["name"].tolist() == ["/name", "/age"]
    assert table["text"].tolist() == ['da"', "36"]
    assert table["byte_start"].tolist() == [0, 12]


def test_a_refusal_is_cut_in_place_of_a_missing_content(token):
    """As in the table of choices."""
    refused = Choice(
        index=3, message=Message(refusal="No."), logprobs=Logprobs(refusal=[token("No.", log(0.5))])
    )
    table = spans(Reply(choices=(refused,)), "word")
    assert table["choice"].tolist() == [3]
    assert table["text"].tolist() == ["No."]


@st.composite
def scored_texts(draw):
    """Tokens of a text, with probabilities, some of them sharing words."""
    words = draw(st.lists(st.text("ab .\né", max_size=4), max_size=8))
    probs = draw(st.lists(st.floats(0.01, 1), min_size=len(words), max_size=len(words)))
    return list(zip(words, probs, strict=True))


@given(scored_texts(), st.sampled_from(["word", "line", "sentence"]))
def test_spans_partition_the_text_and_agree_with_their_tokens(token, reply, words, by):
    """Each sum is that of the tokens that overlap; tokens that are not shared count once."""
    answer = reply([token(text, log(prob)) for text, prob in words])
    table = spans(answer, by)
    text = "".join(word for word, _ in words)
    assert "".join(table["text"]) == text
    edges = [0, *table["byte_end"]]
    assert table["byte_start"].tolist() == edges[:-1]
    ends = np.cumsum([len(word.encode()) for word, _ in words])
    for row in table.to_dict("records"):
        own = [
            log(prob)
            for (word, prob), end in zip(words, ends, strict=True)
            if word and end > row["byte_start"] and end - len(word.encode()) < row["byte_end"]
        ]
        if all(word for word, _ in words):
            assert row["logprob"] == pytest.approx(sum(own))
            assert row["n_tokens"] == len(own)
            assert row["min_prob"] == pytest.approx(math.exp(min(own)))


@given(st.permutations(range(3)))
def test_the_order_of_the_choices_changes_nothing(token, choice, order):
    """A row is found by its key."""
    choices = [choice([token(w, -0.5) for w in text.split("|")], index=i)
               for i, text in enumerate(["a| b", "a b c", "|x| y| z"])]  # fmt: skip
    plain = spans(Reply(choices=tuple(choices)), "word")
    mixed = spans(Reply(choices=tuple(choices[i] for i in order)), "word")
    mixed = mixed.sort_values(["choice", "byte_start"], ignore_index=True)
    pd.testing.assert_frame_equal(plain, mixed)
