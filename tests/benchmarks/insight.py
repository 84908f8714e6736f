"""What scores, ablations and distributions cost on `local`, and how well it repeats its figures.

python -m tests.benchmarks.insight
"""

from __future__ import annotations

import os
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import chat_magic

if TYPE_CHECKING:
    from collections.abc import Callable

QUESTION = "The capital of France is"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
"""Times that each is measured."""
CITIES = [
    "Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Lisbon", "Dublin", "Athens", "Oslo",
]  # fmt: skip
CANDIDATES = [
    f"{city}, as {who} said" for city in CITIES for who in ("we", "you", "I", "he", "she")
]
"""50 texts of about 5 tokens each."""
SENTENCES = [f"The city of {city} is a capital with many visitors." for city in CITIES]
PROMPT = " ".join([*SENTENCES, *(text.replace("visitors", "museums") for text in SENTENCES)])
"""20 sentences."""
LABELS = [
    {"role": "system", "content": "Is the number odd or even?"},
    *(
        message
        for number in range(3, 14)
        for message in (
            {"role": "user", "content": str(number)},
            {"role": "assistant", "content": ["even", "odd"][number % 2]},
        )
    ),
][:-1]
"""A short, sure answer: a label after ten examples."""


def seconds(what: Callable[[], Any]) -> float:
    """Return how long a call takes, the median of a few."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        what()
        times.append(perf_counter() - start)
    return median(times)


def main() -> None:
    """Print the figures."""
    chat_magic.score(QUESTION, ["Paris"], model="local", history=False)  # starts the server
    long = seconds(
        lambda: chat_magic.chat(
            QUESTION, model="local", history=False, max_tokens=250, temperature=0,
            extra={"ignore_eos": True},
        )
    )  # fmt: skip
    print(f"one answer of 250 tokens: {long:.2f} s", flush=True)
    many = seconds(lambda: chat_magic.score(QUESTION, CANDIDATES, model="local", history=False))
    print(f"{len(CANDIDATES)} candidates: {many:.2f} s, {many / long:.1f} answers", flush=True)
    parts = seconds(lambda: chat_magic.ablate(PROMPT, "Paris.", model="local", history=False))
    print(f"20 segments of a prompt: {parts:.2f} s", flush=True)
    print(distribution(), flush=True)
    print(repeatability())


def distribution() -> str:
    """Say what a distribution to 95 % costs."""
    found = [chat_magic.distribution(LABELS, model="local") for _ in range(ROUNDS)]
    time = median(each.total_s for each in found)
    return f"a distribution to 95 %: {time:.2f} s, {found[0].n_requests} requests"


def repeatability() -> str:
    """Say how far the log probabilities of texts move from one time to the next, in nats."""
    runs = [
        chat_magic.score(QUESTION, texts, model="local", history=False)
        for texts in (CITIES, CITIES[::-1], CITIES[:3], CITIES, CITIES[5:] + CITIES[:5])
    ]
    found: dict[str, list[float]] = {}
    for run in runs:
        for row in run.scores.itertuples():
            found.setdefault(row.candidate, []).append(row.logprob + row.end_logprob)
    moved = sorted(max(values) - min(values) for values in found.values())
    return f"repeatability: median {median(moved):.1e} nats, at worst {moved[-1]:.1e}"


if __name__ == "__main__":
    sys.exit(main())
