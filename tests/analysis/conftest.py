"""Replies with log probabilities, written in few words."""

from __future__ import annotations

import math

import pytest
from msgspec import Raw, json

from chat_magic.core.reply.reply import Choice, Logprobs, Message, Reply, TokenLogprob, TopLogprob


def build_token(text, logprob, others=None, *, sent=None):
    """Return a token; `others` are (text, logprob), most probable first; `sent` are its bytes."""
    alternatives = [TopLogprob(token=t, logprob=x) for t, x in others] if others else others
    return TokenLogprob(
        token=text, logprob=logprob, raw_bytes=Raw(json.encode(sent)), top_logprobs=alternatives
    )


def build_choice(tokens, text=None, *, index=0, **more):
    """Return a choice whose content is the text, else that of its tokens."""
    content = "".join(token.token for token in tokens) if text is None else text
    return Choice(
        index=index,
        message=Message(content=content),
        finish_reason="stop",
        logprobs=Logprobs(content=list(tokens)),
        **more,
    )


@pytest.fixture(scope="session")
def token():
    return build_token


@pytest.fixture(scope="session")
def choice():
    return build_choice


@pytest.fixture(scope="session")
def reply():
    """Return a function from lists of tokens, one a choice, to a reply."""

    def build(*choices):
        return Reply(choices=tuple(build_choice(c, index=i) for i, c in enumerate(choices)))

    return build


@pytest.fixture(scope="session")
def sampled(token, reply):
    """Return a function from texts with `|` between their tokens to a reply of these choices.

    Each token has a probability of one half.
    """

    def build(*texts):
        half = math.log(0.5)
        return reply(*([token(part, half) for part in text.split("|")] for text in texts))

    return build
