"""Updates stay within what a notebook server lets through."""

from __future__ import annotations

import pytest

from chat_magic.view.live.update_budget import BYTES_PER_S, UpdateBudget, interval_s, message_bytes
from tests.view.live.displays import Clock, progress


@pytest.mark.parametrize(
    ("size", "seconds"),
    [(0, 1 / 15), (7_000, 1 / 15), (27_500, 0.25), (200_000, 1.0), (512_000, 2.0)],
)
def test_the_interval_keeps_to_15_messages_and_256_kb_a_second(size: int, seconds: float) -> None:
    assert interval_s(size) == pytest.approx(seconds)


def test_the_size_is_that_of_the_bytes_sent() -> None:
    assert message_bytes({"a": 'é"\n'}) == len('{"a": "é\\"\\n"}'.encode())


@pytest.mark.parametrize("line", ["word " * 15 + "\n", "语言模型" * 20 + "\n"])
@pytest.mark.parametrize("size", [10, 50_000, 130_000, 245_000])
def test_only_a_text_beyond_256_kb_waits_longer_than_a_second(size: int, line: str) -> None:
    text = (line * size).encode()[:size].decode(errors="ignore")
    drawn = progress(text).bundle()
    assert text in drawn["text/html"]
    assert interval_s(message_bytes(drawn)) <= 1.0


def test_a_budget_says_how_long_the_next_update_has_to_wait() -> None:
    """At first not at all, then as long as the message's size asks for."""
    clock = Clock()
    budget = UpdateBudget(clock)
    assert budget.delay_s == 0
    budget.spend(BYTES_PER_S * 2)
    assert budget.delay_s == pytest.approx(2.0)
    clock.now += 1.5
    assert budget.delay_s == pytest.approx(0.5)
    clock.now += 9
    assert budget.delay_s == 0
