"""The token counts of several answers, added up."""

from __future__ import annotations

from chat_magic.core.reply.reply import Usage
from chat_magic.core.reply.usage import total_usage


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
