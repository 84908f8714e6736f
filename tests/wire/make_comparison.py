"""Writes the fixture of comparisons that the payload's tests in Python and TypeScript share.

python -m tests.wire.make_comparison    writes comparison.json beside this file
"""

from __future__ import annotations

import re
from typing import Any

from chat_magic.core.cell.grid import Axis
from chat_magic.core.reply.reply import Timing, Usage
from chat_magic.view.bundle import MIME_TYPE, RunView, bundle
from tests.view.conftest import choice, run, token
from tests.wire.fixtures import store

CAT = (("Charlotte", 0.31), ("Clara", 0.09), ("Catherine", 0.24), ("Cleo", 0.05))
TEMPERATURE = Axis(
    name="temperature", kind="parameter", titles=("0", "0.5", "1"), values=(0, 0.5, 1)
)
TONE = Axis(
    name="tone", kind="variable", titles=("formal", "playful"), values=("Be formal.", "Be playful!")
)
SAID = (
    ("A cat is a mammal.",),
    ("Cats! Soft and sly 🐈‍⬛",),
    ("A cat is a small mammal.", "A cat is a mammal."),
    ("Cats! Soft and shy 🐈‍⬛", "Cats? Never heard."),
    (),
    ("Purr <b>",),
)


def _named(place: int, index: int, tail: str = "") -> Any:
    """Return a choice that names a cat, the model's other ideas beside it."""
    others = [other for other in CAT if other != CAT[place]]
    tokens = [
        token("👋🏽 1. ", 0.99, ("1. ", 0.01)),
        token(CAT[place][0], CAT[place][1], *others),
        *([token(tail, 0.8, (".", 0.1))] if tail else []),
    ]
    return choice(tokens, index=index)


def four() -> list[RunView]:
    """Return a request with four choices, of which two are the same."""
    return [run(_named(0, 0), _named(1, 1), _named(0, 2), _named(0, 3, " Ann"))]


def grid() -> list[RunView]:
    """Return three temperatures by two tones; one run failed, two have two choices."""
    runs = []
    for place, texts in enumerate(SAID):
        row, column = divmod(place, len(TONE.titles))
        words = [
            choice(
                [token(word, 0.9 - place / 10) for word in re.findall(r" ?\S+", text)], index=index
            )
            for index, text in enumerate(texts)
        ]
        model = "openai/gpt-4o"
        sent = {"model": model, "messages": [], "temperature": TEMPERATURE.values[row]}
        coordinates = {"temperature": TEMPERATURE.titles[row], "tone": TONE.titles[column]}
        runs.append(
            run(
                *words,
                request=sent,
                coordinates=coordinates,
                error=None if texts else "the server said 429: too many requests",
                usage=Usage(prompt_tokens=20, completion_tokens=8 + place, total_tokens=28 + place),
                timing=Timing(ttft_s=0.2 + place / 10, total_s=1.0 + place, tokens_per_s=20.0),
                cost=0.0001 * (place + 1),
            )
        )
    return runs


def comparison() -> dict[str, Any]:
    """Return the payload of each case."""
    return {
        "four": bundle(four())[MIME_TYPE],
        "grid": bundle(grid(), axes=(TEMPERATURE, TONE))[MIME_TYPE],
        "diff": bundle(four(), base=1, by="sentence", opens="diff")[MIME_TYPE],
    }


FIXTURES = {"comparison.json": comparison}

if __name__ == "__main__":
    store(FIXTURES)
