"""Runs of a given size, whose probabilities are drawn from seeded Dirichlet distributions."""

from __future__ import annotations

import json
import math
import random
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Raw

from chat_magic.core.reply.reply import (
    Choice,
    Logprobs,
    Message,
    Reply,
    Timing,
    TokenLogprob,
    TokenTimes,
    TopLogprob,
    Usage,
)
from chat_magic.view.bundle import RunView

if TYPE_CHECKING:
    from collections.abc import Sequence

_LETTERS = "etaoinshrdlucmfwypvbgk"


def made_up_words(count: int = 500) -> list[str]:
    """Return words of which few are frequent; one in five ends a sentence."""
    chance = random.Random(1)
    words = [
        " " + "".join(chance.choices(_LETTERS, k=chance.randint(1, 5))) + "." * (place % 5 == 4)
        for place in range(count)
    ]
    weights = [1 / rank for rank in range(1, count + 1)]
    return chance.choices(words, weights=weights, k=4 * count)


def sized_run(n_choices: int, n_tokens: int, top: int, words: Sequence[str] = ()) -> RunView:
    """Return a run of choices of so many tokens, each with so many alternatives."""
    chance, words = random.Random(0), words or made_up_words()
    choices = []
    for index in range(n_choices):
        start = index * 37
        tokens = [
            _token(words[(start + place) % len(words)], top, words, chance)
            for place in range(n_tokens)
        ]
        choices.append(_choice(index, tokens))
    return RunView(
        model="a/b",
        request={"model": "a/b", "messages": [{"role": "user", "content": "Write."}]},
        reply=Reply(
            choices=tuple(choices),
            usage=Usage(prompt_tokens=9, completion_tokens=n_choices * n_tokens),
        ),
        timing=Timing(ttft_s=0.4, total_s=103.4, tokens_per_s=97.0),
    )


def _choice(index: int, tokens: list[TokenLogprob]) -> Choice:
    places = range(len(tokens))
    times = TokenTimes(chunk=list(places), t_ms=[400 + 10.3 * place for place in places])
    return Choice(
        index=index,
        message=Message(content="".join(token.token for token in tokens)),
        finish_reason="stop",
        logprobs=Logprobs(content=tokens),
        arrivals={"content": times},
    )


def _token(word: str, top: int, words: Sequence[str], chance: random.Random) -> TokenLogprob:
    spread = chance.choice([0.02, 0.05, 0.1, 0.3, 1.0])
    weights = sorted((chance.gammavariate(spread, 1) + 1e-12 for _ in range(top + 1)), reverse=True)
    total = sum(weights)
    probs = [weight / total for weight in weights[:top]]
    names = [word]
    while len(names) < top:
        other = chance.choice(words)
        if other not in names:
            names.append(other)
    sampled = chance.choices(range(top), weights=probs)[0]
    names[0], names[sampled] = names[sampled], names[0]
    tops = [TopLogprob(**_entry(name, prob)) for name, prob in zip(names, probs, strict=True)]
    return TokenLogprob(**_entry(names[sampled], probs[sampled]), top_logprobs=tops)


def _entry(text: str, prob: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(prob), "raw_bytes": _sent_bytes(text)}


@cache  # there are few words
def _sent_bytes(text: str) -> Raw:
    return Raw(json.dumps(list(text.encode())).encode())
