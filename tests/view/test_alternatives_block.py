"""A block holds what else could have come, in no more room than a notebook should give it."""

from __future__ import annotations

import math
import random

import pytest

from chat_magic.core.reply.reply import TokenLogprob, TopLogprob
from chat_magic.view import alternatives_block as block_module
from chat_magic.view.alternatives_block import LARGEST_BLOCK, Vocabulary, fitting_block
from tests.view.blocks import unpack


def tops(*pairs: tuple[str, float | None]) -> list[TopLogprob]:
    return [TopLogprob(token=text, logprob=logprob) for text, logprob in pairs]


def unpacked(tokens: list[TokenLogprob]) -> list[list[tuple[str, float | str]]]:
    vocabulary = Vocabulary()
    for token in tokens:
        vocabulary.code(token)
    block, left_out = fitting_block(tokens, vocabulary)
    assert left_out == 0
    return unpack(block, vocabulary.columns()["tokens"])


def test_a_row_goes_from_the_most_probable_to_what_is_no_measurement() -> None:
    sent = tops(("b", -2.0), ("masked", -100.0), ("a", -0.5), ("censored", -9999.0), ("none", None))
    rows = unpacked([TokenLogprob(token="a", logprob=-0.5, top_logprobs=sent)])
    assert rows == [
        [
            ("a", -0.5),
            ("b", -2.0),
            ("masked", "masked"),
            ("censored", "censored"),
            ("none", "missing"),
        ]
    ]


def test_log_probabilities_are_within_a_thousandth_of_a_nat() -> None:
    """Rounding does not add up along a row; only a step of more than 65 nats is cut short."""
    sent = tops(*((str(n), -n / 7) for n in range(200)))
    (row,) = unpacked([TokenLogprob(token="0", logprob=0.0, top_logprobs=sent)])
    for number, (text, logprob) in enumerate(row):
        assert text == str(number)
        assert math.isclose(logprob, -number / 7, abs_tol=0.001)


def test_tokens_without_alternatives_have_empty_rows() -> None:
    with_one = TokenLogprob(token="b", logprob=-1.0, top_logprobs=tops(("c", -1.0)))
    assert unpacked([TokenLogprob(token="a"), with_one]) == [[], [("c", -1.0)]]
    assert fitting_block([TokenLogprob(token="a")], Vocabulary()) == ("", 0)


def test_a_block_adds_nothing_to_the_vocabulary_of_the_payload() -> None:
    vocabulary = Vocabulary()
    token = TokenLogprob(token="a", logprob=-1.0, top_logprobs=tops(("b", -1.5)))
    vocabulary.code(token)
    fitting_block([token], vocabulary)
    assert vocabulary.columns() == {"tokens": ["a"], "bytes": {}}


def _noise(count: int, width: int) -> list[TokenLogprob]:
    """Alternatives that nothing can compress: later tokens are surer."""
    chance = random.Random(0)
    return [
        TokenLogprob(
            token="a",
            logprob=-1 + n / count,
            top_logprobs=tops(
                *((str(chance.random()), -50 * chance.random()) for _ in range(width))
            ),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("limit", "surest", "least_sure"), [(10**6, 8, 8), (85_000, 5, 8), (100, 0, 0)]
)
def test_too_much_is_cut_to_the_likeliest_but_for_the_least_sure_tokens(
    limit, surest, least_sure, monkeypatch
) -> None:
    """At first all, then 5 of each and all of the 500 least sure, then none."""
    monkeypatch.setattr(block_module, "LARGEST_BLOCK", limit)
    tokens = _noise(800, 8)
    block, left_out = fitting_block(tokens, Vocabulary())
    rows = unpack(block, []) if block else [[]] * len(tokens)
    assert (len(rows[0]), len(rows[-1])) == (least_sure, surest)
    assert left_out == 800 * 8 - sum(map(len, rows))
    assert len(block) <= LARGEST_BLOCK
