"""How often the intervals of checks contain the true value, by simulation.

Run as `python -m tests.benchmarks.intervals [DRAWS]`; it needs no model and no network.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chat_magic.analysis.paired_difference import compare_paired
from chat_magic.analysis.pass_share import row_means, share_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20_261_128
DRAWS = 10_000


class Setting(NamedTuple):
    """What is drawn: rows that differ in how hard they are, and answers to each."""

    rows: int
    answers: int
    first: float
    """The true share that passes."""
    second: float | None = None
    """That of the variant it is compared with; None for a share alone."""
    spread: float = 0.0
    """How far rows differ: the correlation of two answers to the same row, 0 to 1."""


SETTINGS = (
    Setting(20, 1, 0.5),
    Setting(20, 1, 0.85),
    Setting(40, 1, 0.7),
    Setting(200, 1, 0.85),
    Setting(20, 5, 0.7, spread=0.3),
    Setting(40, 5, 0.7, spread=0.3),
    Setting(40, 1, 0.7, 0.7, spread=0.3),
    Setting(40, 1, 0.8, 0.6, spread=0.3),
    Setting(40, 1, 0.9, 0.5, spread=0.3),
    Setting(200, 1, 0.8, 0.7, spread=0.3),
    Setting(20, 5, 0.8, 0.6, spread=0.3),
    Setting(40, 5, 0.7, 0.65, spread=0.3),
)


def draw(setting: Setting, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield whether each answer of each row passes, for one or both variants.

    A row's chance is drawn from a beta distribution with the true share as its mean; both variants
    stand at the same quantile of theirs, so that a row is hard or easy for both.
    """
    from scipy import stats

    quantile = random.uniform(size=(setting.rows, 1))
    for share in filter(None, (setting.first, setting.second)):
        chance = np.full((setting.rows, 1), share)
        if setting.spread:
            size = 1 / setting.spread - 1
            chance = stats.beta.ppf(quantile, share * size, (1 - share) * size)
        yield random.uniform(size=(setting.rows, setting.answers)) < chance


def coverage(setting: Setting, draws: int = DRAWS) -> float:
    """Return how often the interval contains the true share, or the true difference."""
    random = np.random.default_rng(SEED)
    row = np.repeat(np.arange(setting.rows), setting.answers).tolist()
    hits = 0
    for _ in range(draws):
        means = [row_means(row, passed.ravel().tolist()) for passed in draw(setting, random)]
        if setting.second is None:
            low, high = share_interval(means[0])
            true = setting.first
        else:
            figures = compare_paired(*means)
            low, high, true = figures.low, figures.high, setting.first - setting.second
        hits += low <= true <= high
    return hits / draws


def main() -> None:
    """Print the table of the README."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    print("| rows | answers a row | true share | compared with | coverage |\n|---|---|---|---|---|")
    for setting in SETTINGS:
        other = "" if setting.second is None else f"{setting.second:.0%}"
        found = f"{coverage(setting, draws):.1%}"
        print(f"| {setting.rows} | {setting.answers} | {setting.first:.0%} | {other} | {found} |")


if __name__ == "__main__":
    main()
