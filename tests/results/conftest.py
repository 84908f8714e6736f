"""Results of a loopback server that answers with what it was asked."""

from __future__ import annotations

import pytest

from chat_magic import UNSET, chat_grid
from tests.completions import completion
from tests.gateway import streamed


def echo(request):
    """Answer with what was asked, with log probabilities."""
    sent = request.json
    words = f"{sent['model']} says {sent['messages'][-1]['content']}"
    texts = [f"{words} {index}" for index in range(sent.get("n", 1))]
    return streamed(completion(*texts, n_top=sent.get("top_logprobs")))


@pytest.fixture
def results(gateway):
    """A grid of two models and three temperatures, one unset, each with two choices."""
    gateway(echo)
    return chat_grid(
        "Hi", models=["a/b", "c/d"], sweep={"temperature": [0, 0.5, UNSET]}, n=2, top_logprobs=2
    )
