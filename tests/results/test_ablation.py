"""The result of an ablation: the log probability of an answer with its end."""

from __future__ import annotations

import math

import pytest

from chat_magic.analysis.prompt_segments import PromptSegment
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.request.request import ChatRequest, read_fields
from chat_magic.results.ablation import Ablation, answer_logprob
from chat_magic.results.chat_result import ChatResult
from tests.analysis.conftest import build_choice, build_token


def result(*logprobs: float, **facts: float) -> ChatResult:
    """Return a scored answer whose tokens have these log probabilities."""
    tokens = [build_token("x", logprob) for logprob in logprobs]
    choice = build_choice(tokens, extra={"score": {"method": "grammar", **facts}})
    return ChatResult(ChatRequest(model="a/b"), Reply(choices=(choice,)), Timing())


@pytest.mark.parametrize(
    ("scored", "logprob"),
    [
        (result(-1.0, -2.0), -3.0),
        (result(-1.0, -2.0, end_logprob=-0.5), -3.5),
        (result(-1.0, -9999.0), math.nan),
        (result(), math.nan),
        (None, math.nan),
    ],
)
def test_an_answer_is_scored_with_its_end_where_that_is_known(
    scored: ChatResult | None, logprob: float
) -> None:
    """A token that is not known leaves the whole unknown."""
    assert answer_logprob(scored) == pytest.approx(logprob, nan_ok=True)


@pytest.mark.parametrize(
    ("again", "bits"),
    [
        (None, 0.05),
        (result(-1.0), 0.05),
        (result(-1.0 - math.log(2)), 1.0),
        (result(-1.0 + math.log(2) / 4), 0.25),
        (result(-9999.0), 0.05),
    ],
)
def test_the_noise_is_by_how_much_an_equal_score_moved(
    again: ChatResult | None, bits: float
) -> None:
    """At least 0.05 bits; the picture says so, and shows less as none."""
    segment = PromptSegment(0, "Hi", 0, 2)
    ablation = Ablation(
        request=read_fields({"model": "a/b", "messages": "Hi"}, allow_extra=False),
        by="sentence", segments=(segment,), whole=result(-1.0),
        without=(result(-1.0 - 0.9 * math.log(2)),), answer="x", again=again,
    )  # fmt: skip
    assert ablation.noise_bits == pytest.approx(bits)
    assert f"differences under {bits:.2f} bits are noise" in str(ablation)
    assert ("“Hi” none" in str(ablation)) == (bits > 0.9)
    assert ablation.frame["bits"].tolist() == pytest.approx([0.9])
