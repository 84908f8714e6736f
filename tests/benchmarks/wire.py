"""What an answer costs on the wire: our client, openai-python and the floor, side by side.

python -m tests.benchmarks.wire [REPEATS]    prints the medians of one run, and their ratios
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from tests.benchmarks.server import served

MEASURES = {
    "plain": ("CPU s, 10,000 events", ".3f"),
    "top": ("CPU s, 10,000 events, top 20", ".3f"),
    "choices": ("CPU s, 10,000 events, n = 8 interleaved", ".3f"),
    "single": ("CPU s, 10,000 events, each by itself", ".2f"),
    "first": ("ms to the first token, warm", ".2f"),
    "many64": ("requests/s, 64 at once", ",.0f"),
    "many512": ("requests/s, 512 at once", ",.0f"),
    "import": ("s from import to the first answer", ".2f"),
    "memory": ("peak MB, 4,096 tokens with top 20", ".0f"),
}
COMPARED = ("floor", "ours", "openai")
REPEATS = 3


def measured(client: str, measure: str, origin: str) -> float:
    """Measure one thing of one client in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.clients", client, measure, origin]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300)
    return float(json.loads(done.stdout))


def medians(clients: tuple[str, ...], measure: str, origin: str, repeats: int) -> dict[str, float]:
    """Measure the clients in turn, several times; return their medians."""
    times: dict[str, list[float]] = {client: [] for client in clients}
    for _ in range(repeats):
        for client in clients:
            times[client].append(measured(client, measure, origin))
    return {client: statistics.median(values) for client, values in times.items()}


def compared(origin: str, repeats: int) -> None:
    """Print ours against the others."""
    print("| what | floor | ours | openai-python | ours / openai | ours / floor |")
    print("|---|---|---|---|---|---|")
    for measure, (title, form) in MEASURES.items():
        found = medians(COMPARED, measure, origin, repeats)
        floor, ours, openai = (found[client] for client in COMPARED)
        cells = [title, *(format(found[client], form) for client in COMPARED)]
        print("|", " | ".join([*cells, ratio(ours / openai), ratio(ours / floor)]), "|", flush=True)


def ratio(value: float) -> str:
    """Return a ratio in words that are easy to hold against a goal."""
    return f"1/{1 / value:.1f}" if value < 1 else f"{value:.1f}"


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if sys.argv[1:] else REPEATS
    with served() as origin:
        compared(origin, repeats)


if __name__ == "__main__":
    main()
