"""Tokens without an entry are noticed: where a token ends inside a character."""

from __future__ import annotations

import math

import pytest
from msgspec import Raw, json

from chat_magic.analysis.logprob_warnings import logprob_warnings
from chat_magic.analysis.missing_tokens import missing_tokens, with_own_spelling
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import alternatives_table, choices_table, tokens_table
from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    TokenLogprob,
    TopLogprob,
    Usage,
)


def entry(text, logprob=-1.0, own=None):
    """Return an entry as llama.cpp writes it; `own` are the bytes of its last token alone."""
    data = text.encode()
    tops = [
        TopLogprob(token="\ufffd", logprob=logprob, raw_bytes=Raw(json.encode(list(own or data)))),
        TopLogprob(token="x", logprob=-19.0, raw_bytes=Raw(json.encode([120]))),
    ]
    return TokenLogprob(
        token=text,
        logprob=logprob,
        raw_bytes=Raw(json.encode(list(data))),
        top_logprobs=tops if own else None,
    )


def answer(*entries, finish_reason="length", **fields):
    """Return a choice of these entries."""
    text = "".join(each.token for each in entries)
    return Choice(
        index=0,
        message=Message(content=fields.pop("content", text), **fields),
        finish_reason=finish_reason,
        logprobs=Logprobs(content=list(entries)),
    )


MATHS = answer(entry("数", -5.8), entry("学", -0.5, b"\xa6"), entry("は", -10.5, b"\xaf"))
END = TokenLogprob(token="", logprob=-0.2)


@pytest.mark.parametrize(
    ("choice", "counted", "missing"),
    [
        (MATHS, 5, 2),
        (MATHS, None, 2),
        (answer(entry("数"), entry("学"), entry("は")), 5, 2),
        (answer(entry("数"), entry("学"), entry("は"), finish_reason="stop"), 5, 2),
        (answer(entry("é"), END, finish_reason="stop"), 3, 1),
        (answer(entry("🐈")), 4, 3),
        (answer(entry("ab"), entry(" é", own=b"\xa9")), None, 1),
    ],
)
def test_tokens_that_end_inside_a_character_are_missed(choice, counted, missing):
    """By the usage, or by an alternative that is the token with its last bytes only."""
    usage = None if counted is None else Usage(completion_tokens=counted)
    assert missing_tokens(choice, usage) == missing


@pytest.mark.parametrize(
    ("choice", "counted"),
    [
        (answer(entry("数"), entry("学"), finish_reason="stop"), 3),
        (answer(entry("ab"), entry("c")), 5),
        (answer(entry("é"), entry("a")), 30),
        (answer(entry("数"), reasoning="Well."), 3),
        (answer(entry("数")), None),
        (answer(entry("数")), 1),
        (answer(content="数"), 3),
        (Choice(index=0, message=Message(content="数")), 3),
    ],
)
def test_other_tokens_that_are_counted_are_not_missed(choice, counted):
    """The one that ends the answer, reasoning, and what characters cannot explain."""
    assert missing_tokens(choice, Usage(completion_tokens=counted)) == 0


def test_a_token_finds_itself_among_its_alternatives():
    """Its probability is not counted twice, and it is no extra one."""
    reply = Reply(choices=(MATHS,))
    table = tokens_table(read_replies([reply], asked=[2]), attrs={})
    assert table["mass_known"].dropna().max() <= 1
    assert table["rank"].tolist()[1:] == [1, 1]
    rows = alternatives_table(read_replies([reply], asked=[2]), attrs={})
    assert not rows[rows["position"] > 0]["is_extra"].any()
    ascii_only = [entry("a")]
    assert with_own_spelling(ascii_only) is ascii_only


def test_the_metrics_say_how_many_tokens_they_lack():
    """The sum is an upper bound, the perplexity has a lower one, bits per byte are not known."""
    reply = Reply(choices=(MATHS,), usage=Usage(completion_tokens=5))
    (row,) = choices_table(read_replies([reply]), attrs={}).to_dict("records")
    assert (row["n_tokens"], row["n_scored"]) == (5, 3)
    assert row["joint_logprob"] == pytest.approx(-16.8)
    assert row["perplexity_low"] == pytest.approx(math.exp(16.8 / 5))
    assert math.isnan(row["bits_per_byte"])


@pytest.mark.parametrize(
    ("reply", "warning"),
    [
        (Reply(choices=(MATHS,), usage=Usage(completion_tokens=5)), "2 of 5 tokens have no log"),
        (Reply(choices=(MATHS,)), "at least 2 of 5 tokens have no log"),
        (Reply(choices=(answer(entry("a")), MATHS)), "at least 2 of 5 tokens of choice 0 have no"),
    ],
)
def test_they_are_a_warning_with_their_number(reply, warning):
    """It says why, and what it does to sums."""
    (found,) = logprob_warnings(reply)
    assert found.startswith(warning)
    assert found.endswith("upper bounds")
