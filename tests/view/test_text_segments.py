"""Tokens become pieces of readable text, each with its probability."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.reply import Choice, Logprobs, TokenLogprob
from chat_magic.view.text_segments import (
    alternatives,
    mark_below,
    perplexity,
    text_segments,
    tokens_of,
)


def test_each_token_is_a_piece_with_its_bin(names) -> None:
    pieces = text_segments(names)
    assert [piece.text for piece in pieces] == [t.token for t in names]
    assert [piece.grade for piece in pieces] == [0, 0, 0, 0, 0, 1]


def test_tokens_that_share_a_character_are_one_piece_as_sure_as_the_least_sure(make_token) -> None:
    """👋 is f0 9f 91 8b; servers write such tokens out as escapes."""
    tokens = [
        make_token("Hi ", 0.9),
        make_token("\\xf0\\x9f", 0.2, data=b"\xf0\x9f"),
        make_token("\\x91\\x8b", 0.9, data=b"\x91\x8b"),
        make_token("!", 0.9),
    ]
    pieces = text_segments(tokens)
    assert [piece.text for piece in pieces] == ["Hi ", "👋", "!"]
    assert pieces[1].prob == pytest.approx(0.2)
    assert pieces[1].token is tokens[1]


def test_a_character_that_broke_off_is_still_shown(make_token) -> None:
    assert [p.text for p in text_segments([make_token("x", 0.5, data=b"\xf0\x9f")])] == ["\ufffd"]


def test_a_placeholder_without_bytes_is_shown_as_sent() -> None:
    assert (
        text_segments([TokenLogprob(token="token_id:262", logprob=-1.0)])[0].text == "token_id:262"
    )


@pytest.mark.parametrize(
    ("logprob", "status"),
    [(-9999.0, "censored"), (-100.0, "masked"), (0.3, "positive"), (None, "missing")],
)
def test_a_sentinel_is_no_probability(logprob: float | None, status: str) -> None:
    piece = text_segments([TokenLogprob(token="a", logprob=logprob)])[0]
    assert (piece.prob, piece.status, piece.grade) == (None, status, 0)


def test_alternatives_leave_out_the_token_itself_and_come_likeliest_first(make_token) -> None:
    token = make_token(" a", 0.5, (" c", 0.1), (" b", 0.3))
    assert [(text, round(prob, 6)) for text, prob in alternatives(token)] == [
        (" b", 0.3),
        (" c", 0.1),
    ]


def test_perplexity_of_a_half_and_a_quarter_is_the_root_of_eight(make_token) -> None:
    assert perplexity([make_token("a", 0.5), make_token("b", 0.25)]) == pytest.approx(math.sqrt(8))


def test_sentinels_do_not_count_for_the_perplexity(make_token) -> None:
    tokens = [make_token("a", 0.5), make_token("b", 1, logprob=-9999.0)]
    assert perplexity(tokens) == pytest.approx(2)
    assert perplexity(tokens[1:]) is None


def test_a_perplexity_beyond_all_numbers_is_infinite(make_token) -> None:
    assert perplexity([make_token("a", 1, logprob=-9000.0)]) == math.inf


def test_a_refusal_has_tokens_too(make_token) -> None:
    tokens = [make_token("No", 0.5)]
    assert tokens_of(Choice(index=0, logprobs=Logprobs(refusal=tokens))) == tokens
    assert tokens_of(Choice(index=0)) == []


def test_a_long_text_marks_the_least_sure_fifth_at_most(make_token) -> None:
    tokens = [make_token(f"w{n} ", (n + 1) / 4_001) for n in range(4_000)]
    assert mark_below(text_segments(tokens[:3_000])) == 0.5
    pieces = text_segments(tokens)
    marked = [piece for piece in pieces if (piece.prob or 0) < mark_below(pieces)]
    assert len(marked) == 800
