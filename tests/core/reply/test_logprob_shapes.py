"""Log probabilities in other shapes than the API's become those of the API."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.logprob_shapes import read_legacy
from tests.completions import delta, token
from tests.core.reply.test_assembler import FINISH, assemble


def test_parallel_lists_become_tokens() -> None:
    """With their alternatives; a missing log probability stays missing."""
    first, last = read_legacy(
        {
            "tokens": ["Hi", "!"],
            "token_logprobs": [None, -0.5],
            "top_logprobs": [None, {"!": -0.5, "?": -1}],
            "text_offset": [0, 2],
        }
    ) or [None, None]
    assert first is not None
    assert last is not None
    assert (first.token, first.logprob, first.top_logprobs) == ("Hi", None, None)
    assert [(x.token, x.logprob) for x in last.top_logprobs or []] == [("!", -0.5), ("?", -1.0)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tokens": ["a"]},
        {"tokens": ["a"], "token_logprobs": []},
        {"tokens": [1], "token_logprobs": [-0.5]},
        {"tokens": "a", "token_logprobs": "b"},
    ],
)
def test_another_shape_is_none(fields: dict[str, object]) -> None:
    """Fields of those names that mean something else are left alone."""
    assert read_legacy(fields) is None


def test_a_streamed_choice_in_that_shape_has_its_log_probabilities() -> None:
    """Chunk by chunk; a warning says so, and the lists stay in `extra`."""
    lists = [{"tokens": [text], "token_logprobs": [-0.5]} for text in ("Hi", "!")]
    reply = assemble(delta("Hi", logprobs=lists[0]), delta("!", logprobs=lists[1]), FINISH).reply()
    (choice,) = reply.choices
    assert choice.logprobs is not None
    assert [token.token for token in choice.logprobs.content or []] == ["Hi", "!"]
    assert choice.extra["tokens"] == ["Hi", "!"]
    assert reply.warnings == ("log probabilities are in the shape of the older completions API",)


def test_probabilities_become_their_logarithms() -> None:
    """llama.cpp sends them after sampling; a probability of 0 has no finite logarithm."""
    others = [{"token": "a", "bytes": [97], "prob": 0.5}, {"token": "b", "prob": 0.0}]
    sent = {"content": [{"id": 5, "token": "a", "bytes": [97], "prob": 0.5, "top_probs": others}]}
    reply = assemble(delta("a", logprobs=sent), FINISH).reply()
    (found,) = reply.choices[0].logprobs.content
    assert (found.token, found.bytes, found.logprob) == ("a", [97], math.log(0.5))
    assert [other.logprob for other in found.top_logprobs] == [math.log(0.5), -math.inf]
    assert "probabilities after sampling settings" in reply.warnings[0]


def test_reasoning_has_log_probabilities_of_its_own() -> None:
    """As DeepSeek sends them, beside those of the content."""
    sent = {"content": [], "reasoning_content": [token("think")]}
    piece = delta(None, reasoning_content="think", logprobs=sent)
    (choice,) = assemble(piece, delta("so"), FINISH).reply().choices
    assert [one.token for one in choice.logprobs.reasoning] == ["think"]
    assert choice.arrivals["reasoning"].chunk == [0]
