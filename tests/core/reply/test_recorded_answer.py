"""Recorded answers: which are whole, and how one reads while it is drawn."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.recorded_answer import RecordedAnswer, is_whole
from chat_magic.core.reply.reply import Choice, Message, Reply
from chat_magic.core.request.request import ChatRequest


def reply(*finish_reasons):
    """Return a reply with a choice for each reason."""
    choices = (
        Choice(index=index, finish_reason=reason, message=Message(content=f"answer {index}"))
        for index, reason in enumerate(finish_reasons)
    )
    return Reply(choices=tuple(choices))


@pytest.mark.parametrize(
    ("finish_reasons", "n", "is_kept"),
    [
        (["stop"], 1, True),
        (["length", "tool_calls"], 2, True),
        ([None], 1, True),
        (["stop"], 2, False),
        ([], 1, False),
        (["stop", "content_filter"], 2, False),
        (["error"], 1, False),
        (["interrupted"], 1, False),
    ],
)
def test_an_answer_is_whole_with_all_its_choices(finish_reasons, n, is_kept):
    """None of which broke off or was held back; a server may leave a reason out."""
    assert is_whole(reply(*finish_reasons), n) is is_kept


def test_it_is_complete_from_the_start():
    """It has texts and finish reasons, and asks for no more choices."""
    answer = RecordedAnswer(ChatRequest(), reply("stop", "length"))
    assert answer.has_output
    assert answer.texts() == ["answer 0", "answer 1"]
    assert answer.finish_reasons() == ["stop", "length"]
    assert answer.reply("interrupted") == reply("stop", "length")
    assert answer.note is None
