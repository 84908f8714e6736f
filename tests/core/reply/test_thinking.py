"""How a prompt or a token shows that a model thinks first."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.reply.reply import TopLogprob
from chat_magic.core.reply.thinking import begins_thought, ends_in_thought, thinking_prob


@pytest.mark.parametrize(
    ("prompt", "thinks"),
    [
        ("user: Hi\nassistant: <think>\n", True),
        ("<|start|>assistant<|channel|>analysis", True),
        ("What does <think> mean?\nassistant: ", False),
        ("<think>\n\n</think>\n\n", False),
        ("", False),
    ],
)
def test_a_prompt_that_opens_a_thought_ends_in_one(prompt, thinks):
    """A closed one, or a mention before, does not count."""
    assert ends_in_thought(prompt) is thinks


def test_the_probability_of_a_thought_is_that_of_its_first_tokens():
    """Each listed once; what is masked counts nothing."""
    tokens = [
        TopLogprob(token="<think>", logprob=math.log(0.5)),
        TopLogprob(token="<think>", logprob=math.log(0.5)),
        TopLogprob(token="[THINK]", logprob=math.log(0.25)),
        TopLogprob(token="Paris", logprob=math.log(0.25)),
    ]
    assert thinking_prob(tokens) == pytest.approx(0.75)
    assert begins_thought("<think>")
    assert not begins_thought("think")
