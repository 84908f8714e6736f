"""llama.cpp's tokens: runs that a grammar can force, and the sum over end tokens."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.llama_answers import LlamaAlternative, LlamaPiece, LlamaToken
from chat_magic.core.reply.llama_tokens import end_sum, forced_runs, logprob_of, token_grammar

A, B = LlamaPiece(id=1, piece="a"), LlamaPiece(id=2, piece=" b")
PART, NUL = LlamaPiece(id=3, piece=[230]), LlamaPiece(id=4, piece="\0")


@pytest.mark.parametrize(
    ("pieces", "runs"),
    [
        ([A, B], [([1, 2], True)]),
        ([A, PART, PART, B], [([1], True), ([3], False), ([3], False), ([2], True)]),
        ([NUL], [([4], False)]),
        ([], []),
    ],
)
def test_a_grammar_forces_whole_characters_only(
    pieces: list[LlamaPiece], runs: list[tuple[list[int], bool]]
) -> None:
    """The other tokens are read one by one."""
    found = [([piece.id for piece in run.pieces], run.is_forced) for run in forced_runs(pieces)]
    assert found == runs


def test_a_grammar_of_tokens_names_their_ids() -> None:
    """In their order."""
    assert token_grammar([21253, 7]) == "root ::= <[21253]> <[7]>"


def entry(token: int, prob: float, **others: float) -> LlamaToken:
    """Return a written token with alternatives, named by their ids."""
    top = [LlamaAlternative(id=int(name[1:]), logprob=math.log(p)) for name, p in others.items()]
    return LlamaToken(id=token, logprob=math.log(prob), top_logprobs=top)


def test_the_end_is_the_sum_over_all_end_tokens() -> None:
    """The one that was written, and the others among the alternatives."""
    found = end_sum(entry(2, 0.5, _2=0.5, _9=0.2, _0=0.1), ends=(0, 2))
    assert found.logprob == pytest.approx(math.log(0.6))
    assert found.missing == ()


def test_an_end_token_that_is_not_listed_is_asked_for_where_it_may_matter() -> None:
    """It is at most as likely as the last alternative."""
    rare = end_sum(entry(2, 0.01, _9=0.6, _8=0.1), ends=(0, 2))
    assert (rare.logprob, rare.missing) == (pytest.approx(math.log(0.01)), (0,))
    sure = end_sum(entry(2, 0.9, _2=0.9, _8=1e-6), ends=(0, 2, 4))
    assert (sure.logprob, sure.missing) == (pytest.approx(math.log(0.9)), ())


def test_a_token_is_reported_as_in_a_chat_completion() -> None:
    """Its bytes are those of the text, with at most so many alternatives."""
    token = logprob_of(entry(3, 0.5, _3=0.5, _1=0.2), PART, n_top=1)
    assert (token.token, token.bytes, token.logprob) == ("\ufffd", [230], math.log(0.5))
    assert token.top_logprobs is not None
    assert [other.logprob for other in token.top_logprobs] == [math.log(0.5)]
