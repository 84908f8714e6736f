"""Answers of rows as bytes."""

from __future__ import annotations

import math

import msgspec
import pytest

from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    Timing,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from chat_magic.core.request.request import ChatRequest
from chat_magic.engine.map.row_answer import decode_answer, encode_answer
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult


def result_of(content="hi", logprobs=None):
    """Return an answer."""
    message = Message(content=content)
    choice = Choice(index=0, message=message, finish_reason="stop", logprobs=logprobs)
    reply = Reply(choices=(choice,), usage=Usage(prompt_tokens=3, completion_tokens=1))
    return ChatResult(ChatRequest(model="a/b"), reply, Timing(total_s=0.5), ("odd",), cost=0.25)


def test_an_answer_is_read_back_without_its_request():
    """Reply, times, cost and warnings are equal."""
    result = result_of()
    read = decode_answer(encode_answer(result))
    assert read.reply == result.reply
    assert (read.timing, read.cost, read.warnings) == (result.timing, 0.25, ("odd",))
    assert read.request == ChatRequest()


def test_the_bytes_of_tokens_are_kept():
    """They are decoded only where they are looked at."""
    top = TopLogprob(token="h", logprob=-0.1, raw_bytes=msgspec.Raw(b"[104]"))
    token = TokenLogprob(
        token="h", logprob=-0.1, raw_bytes=msgspec.Raw(b"[104]"), top_logprobs=[top]
    )
    read = decode_answer(encode_answer(result_of(logprobs=Logprobs(content=[token]))))
    (back,) = read.choices[0].logprobs.content
    assert back.bytes == back.top_logprobs[0].bytes == [104]


def test_a_token_of_probability_0_has_a_finite_sentinel():
    """The tables of both are equal."""
    top = TopLogprob(token="a", logprob=-math.inf)
    token = TokenLogprob(token="b", logprob=-math.inf, top_logprobs=[top])
    result = result_of("b", Logprobs(content=[token]))
    read = decode_answer(encode_answer(result))
    columns = ["token", "status", "prob"]
    assert read.tokens[columns].equals(result.tokens[columns])
    assert read.alternatives[columns].equals(result.alternatives[columns])


def test_a_lone_surrogate_becomes_the_replacement_character():
    """As in tables; the bytes of its tokens are kept."""
    token = TokenLogprob(token="\ud83d", logprob=-0.1, raw_bytes=msgspec.Raw(b"[240]"))
    result = result_of("a\ud83d", Logprobs(content=[token]))
    (read,) = decode_answer(encode_answer(result)).choices[0].logprobs.content
    assert (read.token, read.bytes) == ("\ufffd", [240])
    assert decode_answer(encode_answer(result_of("a\ud83d"))).text == "a\ufffd"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"reply": 1}', b"[" * 5000, b"\xff"])
def test_other_bytes_are_refused(content):
    """A damaged file is no crash."""
    with pytest.raises(InvalidRequest, match="not the answer of a row"):
        decode_answer(content)
