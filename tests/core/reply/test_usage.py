"""The token counts of several answers, added up."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.reply import Usage
from chat_magic.core.reply.usage import of_all_choices, total_usage, with_cost


def test_usage_adds_up_with_its_details():
    """A detail that only some have is left out: it would count too little."""
    first = Usage(
        prompt_tokens=5,
        completion_tokens=2,
        completion_tokens_details={"reasoning_tokens": 1, "audio_tokens": None},
        extra={"cost": 0.5, "note": "x"},
    )
    second = Usage(
        prompt_tokens=7,
        completion_tokens=3,
        total_tokens=10,
        completion_tokens_details={"reasoning_tokens": 2, "other": 1},
        extra={"cost": 0.25, "note": "x"},
    )
    total = total_usage([first, second])
    assert (total.prompt_tokens, total.completion_tokens, total.total_tokens) == (12, 5, None)
    assert total.completion_tokens_details == {"reasoning_tokens": 3}
    assert total.extra == {"cost": 0.75}


def test_usage_of_one_answer_is_its_own_and_what_is_not_known_is_not_added():
    """None anywhere makes the whole unknown."""
    usage = Usage(prompt_tokens=5, extra={"note": "x"})
    assert total_usage([usage]) is usage
    assert total_usage([None]) is None
    assert total_usage([usage, None]) is None


@pytest.mark.parametrize(
    ("said", "scored", "used"),
    [
        (5, [5, 5, 5], 15),
        (5, [5, 3], 8),
        (8, [5, 3], 8),
        (9, [5, 3], 9),
        (5, [0, 0], 5),
        (3, [5], 3),
        (None, [5, 5], None),
    ],
)
def test_a_usage_that_counts_one_choice_of_several_is_corrected(said, scored, used):
    """By the tokens that have log probabilities; a warning has the server's own number."""
    usage = Usage(prompt_tokens=4, completion_tokens=said, total_tokens=9)
    counted, warning = of_all_choices(usage, scored)
    assert counted.completion_tokens == used
    assert (warning is None) == (counted is usage)
    if warning:
        assert counted.total_tokens == 4 + used
        assert warning.startswith(f"usage: the server counted {said} completion tokens")


def test_the_cost_in_a_header_is_part_of_the_usage_unless_that_has_one():
    """Also where the server counts no tokens."""
    usage = Usage(prompt_tokens=5, extra={"cost": 0.5})
    assert with_cost(usage, 0.25) is usage
    assert with_cost(Usage(prompt_tokens=5), 0.25).extra == {"cost": 0.25}
    assert with_cost(None, 0.25) == Usage(extra={"cost": 0.25})
    assert with_cost(None, None) is None
