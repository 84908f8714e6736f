"""Scored texts: as choices of a reply, and the bounds that the first token gives."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.reply import Choice, TokenLogprob, TopLogprob
from chat_magic.core.reply.scored_text import (
    ScoredText,
    ScoreFacts,
    alternative_bounds,
    end_of,
    facts_of,
    log_sum,
    score_chunk,
    unscored_warnings,
)
from chat_magic.core.request.scoring import Scoring


def test_a_scored_text_arrives_as_a_complete_choice() -> None:
    """With its tokens, and what is known besides them."""
    token = TokenLogprob(token="Paris", logprob=-0.5, top_logprobs=[TopLogprob(token="L")])
    facts = ScoreFacts(method="grammar", end_logprob=-0.1)
    assembler = Assembler(n=2)
    assembler.feed(score_chunk(1, ScoredText(text="Paris", tokens=[token], facts=facts), "m"), 1.0)
    (choice,) = assembler.reply().choices
    assert (choice.index, choice.text, choice.finish_reason) == (1, "Paris", "stop")
    assert choice.logprobs is not None
    assert choice.logprobs.content == [token]
    assert facts_of(choice) == facts


@pytest.mark.parametrize(
    ("scored", "warnings"),
    [(0, ()), (1, ("1 of 3 texts were scored: `share` and `rank` are among these",)), (3, ())],
)
def test_that_texts_are_left_is_a_warning(scored: int, warnings: tuple[str, ...]) -> None:
    """The shares of those that were scored have another base than all would have."""
    choices = [Choice(index=index) for index in range(scored)]
    assert unscored_warnings(Scoring(("a", "b", "c")), choices) == warnings
    assert unscored_warnings(None, choices) == ()


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("yes", 0.5, 0.5 + 0.1 + 0.2),  # "yes", "ye", and what is not listed
        ("yesterday", 0.0, 0.8),
        ("no", 0.2, 0.4),
        ("maybe", 0.0, 0.2),
        (" yes", 0.0, 0.2),
    ],
)
def test_the_first_token_bounds_a_text(text: str, low: float, high: float) -> None:
    """By the alternatives that begin it, and by all that are not listed."""
    probs = {"yes": 0.5, "no": 0.2, "ye": 0.1}
    listed = {token: math.log(prob) for token, prob in probs.items()} | {"maybe": -9999.0}
    assert alternative_bounds(text, listed) == pytest.approx((low, high))


def test_bounds_are_probabilities_also_where_the_server_rounds() -> None:
    """Alternatives may add up to more than 1, and an empty one begins nothing."""
    assert alternative_bounds("a", {"a": 0.0, "": math.log(0.01)}) == (1.0, 1.0)


def test_the_end_is_the_sum_of_the_control_tokens() -> None:
    """The token itself is counted once."""
    end, half = "<|im_end|>", math.log(0.5)
    others = [TopLogprob(token=end, logprob=half), TopLogprob(token="</s>", logprob=half - 1)]
    token = TokenLogprob(token=end, logprob=half, top_logprobs=[*others, TopLogprob(token=".")])
    assert end_of(token) == pytest.approx(math.log(0.5 + 0.5 / math.e))
    assert end_of(TokenLogprob(token=".", logprob=0.0)) is None
    assert end_of(None) is None


def test_logs_are_added_without_underflow() -> None:
    """As of very long texts; none add up to nothing."""
    assert log_sum([-2000.0, -2000.0]) == pytest.approx(-2000 + math.log(2))
    assert log_sum([]) == log_sum([-math.inf]) == -math.inf


@pytest.mark.parametrize(
    ("prob", "thinks", "lacks"), [(0.9, False, True), (0.1, False, False), (0.1, True, True)]
)
def test_a_text_lacks_the_thoughts_that_would_likely_come_first(
    prob: float, thinks: bool, lacks: bool
) -> None:
    """By the alternatives of its first token, or as the server says."""
    top = [TopLogprob(token="<think>", logprob=math.log(prob))]
    token = TokenLogprob(token="Paris", logprob=math.log(0.05), top_logprobs=top)
    facts = ScoreFacts(method="grammar")
    scored = ScoredText(text="Paris", tokens=[token], facts=facts, thinks=thinks)
    assert scored.lacks_thoughts is lacks
    assert not ScoredText(text="Paris", tokens=[], facts=facts).lacks_thoughts
