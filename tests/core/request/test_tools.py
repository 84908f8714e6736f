"""What a request may say of tools, how a call is written, and how usage adds up."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.reply import Usage
from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.core.reply.usage import total_usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('{"city": "Paris", "days": 3}', "f(city='Paris', days=3)"),
        ("", "f()"),
        ("{}", "f()"),
        ("{broken", "f({broken)"),
        ("[1]", "f([1])"),
        ('{"text": "a\\n\\nb"}', "f(text='a\\n\\nb')"),
    ],
)
def test_a_call_is_written_as_python_writes_it(arguments, words):
    """What is no JSON object stays as the model wrote it."""
    assert call_words("f", arguments) == words


def test_a_long_call_is_shortened():
    """To a hundred characters."""
    words = call_words("f", '{"text": "' + "x" * 500 + '"}')
    assert len(words) == 100
    assert words.endswith("x…)")


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
