"""Rounds of tool calls: what is sent back to the model, and how a call is shown."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.tool_rounds import ToolRun, call_words


@pytest.mark.parametrize(
    ("outcome", "content"),
    [
        ({"result": "22"}, "22"),
        ({"result": ""}, ""),
        ({"error": "ValueError: no"}, "ValueError: no"),
    ],
)
def test_the_model_is_sent_the_result_or_the_error(outcome, content):
    """An empty result is a result."""
    assert ToolRun(id="1", name="f", arguments="{}", **outcome).content == content


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
    """What is not a JSON object stays as the model wrote it."""
    assert call_words("f", arguments) == words


def test_a_long_call_is_shortened():
    """To a hundred characters."""
    words = call_words("f", '{"text": "' + "x" * 500 + '"}')
    assert len(words) == 100
    assert words.endswith("x…)")
