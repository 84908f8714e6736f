"""The segments of a prompt: by each unit, with their places, and what is left without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.prompt_segments import (
    UNITS,
    PromptSegment,
    PromptUnit,
    check_unit,
    prompt_segments,
    without_segment,
)
from chat_magic.core.request.messages import Message
from chat_magic.errors import InvalidRequest


def prompt(*texts: str) -> list[Message]:
    """Return messages of alternating roles, the first one the system's."""
    roles = ["system", *["user", "assistant"] * len(texts)]
    return [Message(role=role, content=text) for role, text in zip(roles, texts, strict=False)]


TWO = prompt("Be brief. Be kind.", "Name a city.\nThen stop.")


@pytest.mark.parametrize(
    ("by", "texts"),
    [
        ("sentence", ["Be brief.", " Be kind.", "Name a city.\n", "Then stop."]),
        ("line", ["Be brief. Be kind.", "Name a city.\n", "Then stop."]),
        ("word", ["Be", " brief.", " Be", " kind.", "Name", " a", " city.", "\nThen", " stop."]),
        ("message", ["Be brief. Be kind.", "Name a city.\nThen stop."]),
    ],
)
def test_a_prompt_is_cut_by_each_unit(by: PromptUnit, texts: list[str]) -> None:
    """In the order of the messages; together they are all of it."""
    segments = prompt_segments(TWO, by)
    assert [segment.text for segment in segments] == texts
    for segment in segments:
        content = TWO[segment.message].content
        assert isinstance(content, str)
        assert content[segment.start : segment.end] == segment.text


def test_an_example_is_a_question_with_its_answer() -> None:
    """Not the question that the model is to answer, nor an answer that it is to continue."""
    messages = prompt("S", "good?", "yes", "bad?", "no", "fine?")
    assert prompt_segments(messages, "example") == (
        PromptSegment(1, "good?", 0, 5, 2),
        PromptSegment(3, "bad?", 0, 4, 2),
    )
    assert [m.content for m in without_segment(messages, PromptSegment(3, "bad?", 0, 4, 2))] == [
        "S", "good?", "yes", "fine?",
    ]  # fmt: skip
    assert prompt_segments(messages[:3], "example") == ()


BLOCKS = (
    "Rate it.\n\nReview: fine\nLabel: good\n\nReview: dull\nLabel: bad\n\nReview: superb\nLabel:"
)


def test_an_example_may_be_a_block_between_blank_lines() -> None:
    """It has both a question and its answer."""
    message = Message(role="user", content=BLOCKS)
    first, second = prompt_segments([message], "example")
    assert (first.text, second.text) == (
        "Review: fine\nLabel: good\n\n",
        "Review: dull\nLabel: bad\n\n",
    )
    (left,) = without_segment([message], first)
    assert left.content == BLOCKS.replace("Review: fine\nLabel: good\n\n", "")


def test_a_single_message_cannot_be_left_out() -> None:
    """There would be no prompt."""
    assert prompt_segments(prompt("Hi")[:1], "message") == ()


def test_only_the_text_of_a_segment_is_left_out_or_replaced() -> None:
    """A whole message goes, or keeps its role."""
    part, whole = (
        PromptSegment(0, " Be kind.", 9, 18),
        PromptSegment(0, "Be brief. Be kind.", 0, 18, 1),
    )
    assert [m.content for m in without_segment(TWO, part)] == ["Be brief.", TWO[1].content]
    assert [m.content for m in without_segment(TWO, part, " Hm.")] == [
        "Be brief. Hm.",
        TWO[1].content,
    ]
    assert without_segment(TWO, whole) == (TWO[1],)
    kept = without_segment(TWO, whole, "Hm.")
    assert [(m.role, m.content) for m in kept] == [("system", "Hm."), ("user", TWO[1].content)]


@pytest.mark.parametrize(
    ("text", "cut", "replacement", "kept"),
    [
        ("It is", (0, 5), "", []),
        ("It is", (0, 5), "So", ["So"]),
        ("It is. Yes", (6, 10), "", ["It is."]),
    ],
)
def test_a_beginning_of_the_answer_of_which_nothing_is_left_is_no_message(
    text: str, cut: tuple[int, int], replacement: str, kept: list[str]
) -> None:
    """No server continues an empty one; an empty message before the last stays."""
    begun = PromptSegment(1, text[slice(*cut)], *cut)
    question, answer = Message(role="user", content="A?"), Message(role="assistant", content=text)
    left = without_segment((question, answer), begun, replacement)
    assert [message.content for message in left] == ["A?", *kept]
    earlier = without_segment((question, answer, question), begun, replacement)
    assert [message.content for message in earlier] == ["A?", *(kept or [""]), "A?"]


def test_contents_that_are_not_one_text_have_no_segments() -> None:
    """Nor has an empty one."""
    parts = ({"type": "text", "text": "Hi"},)
    messages = [Message(role="user", content=parts), Message(role="assistant", content=None)]
    assert all(prompt_segments(messages, by) == () for by in UNITS)


@pytest.mark.parametrize("by", ["sentence", "line", "word"])
@given(text=st.text(alphabet="ab .!\n\t", max_size=40))
def test_segments_are_apart_and_leave_only_white_space(by: PromptUnit, text: str) -> None:
    """Whatever the text is."""
    segments = prompt_segments([Message(role="user", content=text)], by)
    end = 0
    for segment in segments:
        assert not text[end : segment.start].strip()
        assert segment.text.strip()
        end = segment.end
    assert not text[end:].strip()


def test_another_unit_is_an_error() -> None:
    """It names the nearest."""
    assert check_unit("line") == "line"
    with pytest.raises(InvalidRequest, match=r"by 'lines': must be one of word, .*mean line\?"):
        check_unit("lines")
    with pytest.raises(InvalidRequest, match="by 5: must be one of"):
        check_unit(5)
