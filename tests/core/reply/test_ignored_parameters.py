"""A parameter that the server ignored, where that can be seen, becomes a warning."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.ignored_parameters import ignored_parameters
from chat_magic.core.reply.reply import Choice, Logprobs, Message, Reply, TokenLogprob, TopLogprob
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.unset import UNSET


def reply(*texts: str, n_top: int | None = None) -> Reply:
    """Return a reply with these texts, each one token with so many alternatives."""

    def logprobs(text):
        if n_top is None:
            return None
        token = TokenLogprob(token=text, logprob=-1.0, top_logprobs=[TopLogprob()] * n_top)
        return Logprobs(content=[token])

    return Reply(
        choices=tuple(
            Choice(index=i, message=Message(content=text), logprobs=logprobs(text))
            for i, text in enumerate(texts)
        )
    )


@pytest.mark.parametrize(
    ("parameters", "answer", "warnings"),
    [
        ({}, reply("a"), []),
        ({"n": 3}, reply("a"), ["n 3: the server returned 1 choice"]),
        ({"n": 1}, reply("a", "b"), ["n 1: the server returned 2 choices"]),
        ({"n": UNSET}, reply("a"), []),
        ({"logprobs": True}, reply("a"), ["logprobs: the server returned none"]),
        ({"logprobs": True}, reply(""), []),
        ({"logprobs": True}, reply("a", n_top=0), []),
        ({"logprobs": False}, reply("a"), []),
        (
            {"logprobs": True, "top_logprobs": 5},
            reply("a", n_top=0),
            ["top_logprobs 5: the server returned none"],
        ),
        (
            {"logprobs": True, "top_logprobs": 20},
            reply("a", n_top=5),
            ["top_logprobs 20: the server returned 5"],
        ),
        ({"logprobs": True, "top_logprobs": 5}, reply("a", n_top=6), []),
        ({"stop": "END"}, reply("a END b"), ["stop 'END': it is in the answer"]),
        ({"stop": ["\n", "END"]}, reply("a"), []),
    ],
)
def test_what_the_answer_shows_to_be_ignored_is_named(parameters, answer, warnings):
    """n, logprobs, top_logprobs and stop; nothing when all was heeded."""
    found = ignored_parameters(ChatRequest(parameters=parameters), answer)
    assert len(found) == len(warnings)
    assert all(got.startswith(words) for got, words in zip(found, warnings, strict=True))
