"""Cutting a prompt into segments that can be left out, and leaving one out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from chat_magic.analysis.segments import segments as text_segments
from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.request.messages import Message

__all__ = [
    "UNITS",
    "PromptSegment",
    "PromptUnit",
    "check_unit",
    "prompt_segments",
    "without_segment",
]

PromptUnit = Literal["word", "sentence", "line", "example", "message"]
UNITS: tuple[PromptUnit, ...] = get_args(PromptUnit)
"""The units of segments, about from the finest to the coarsest."""
_BLOCK = re.compile(r"(?:[^\S\n]*\S[^\n]*(?:\n|\Z))+(?:[^\S\n]*\n)*")
"""Lines up to the next blank ones, with these."""
_MARKED = re.compile(r"^[^\S\n]*(\w[\w ]{0,30}?)[^\S\n]*(?::|=|=>|->)[^\S\n]*\S", re.MULTILINE)
"""A line with a mark before its text, such as `Review: …`."""


class PromptSegment(NamedTuple):
    """A part of a prompt."""

    message: int
    """Position of its message, from 0."""
    text: str
    start: int
    end: int
    """Where it is in the text of the message, in code points."""
    n_messages: int = 0
    """Messages that it is, from its own on, as a whole; 0 where it is a part of one."""


def check_unit(by: object) -> PromptUnit:
    """Return the unit of segments if it is one.

    Raises:
        InvalidRequest: It is not.
    """
    for unit in UNITS:
        if by == unit:
            return unit
    raise InvalidRequest(f"by {by!r}: must be one of {', '.join(UNITS)}{nearest(str(by), UNITS)}")


def prompt_segments(messages: Sequence[Message], by: PromptUnit) -> tuple[PromptSegment, ...]:
    """Cut a prompt into segments, in its order.

    Sentences, lines and words are those of `segments.segments`; parts that are only white space
    are left out. An example is a user message with the assistant message after it, or a block of
    lines between blank ones that has at least two marks before a text (`Review: …`, `Label: …`).
    Contents that are not one text have no segments.

    Args:
        messages: The messages; the last one is no example.
        by: The unit.
    """
    if by == "message":
        return tuple(_messages(messages))
    if by == "example":
        return tuple(_examples(messages))
    return tuple(
        PromptSegment(position, text[start:end], start, end)
        for position, text in _texts(messages)
        for _, start, end in text_segments(text, by)
        if text[start:end].strip()
    )


def without_segment(
    messages: Sequence[Message], segment: PromptSegment, replacement: str = ""
) -> tuple[Message, ...]:
    """Return a prompt without one of its segments.

    Args:
        messages: The whole prompt.
        segment: What is left out: a part of a text, or whole messages.
        replacement: What stands in its place; whole messages are kept with this text.

    Returns:
        The other messages. A beginning of the answer of which nothing is left is no message.
    """
    first, last = segment.message, segment.message + max(segment.n_messages, 1)
    inside = messages[first:last]
    if not segment.n_messages:
        text = str(messages[first].content)
        changed = text[: segment.start] + replacement + text[segment.end :]
        is_begun = messages[first].role == "assistant" and last == len(messages)
        inside = [replace(messages[first], content=changed)] if changed or not is_begun else []
    elif replacement:
        inside = [replace(message, content=replacement) for message in inside]
    else:
        inside = []
    return (*messages[:first], *inside, *messages[last:])


def _texts(messages: Sequence[Message]) -> Iterator[tuple[int, str]]:
    for position, message in enumerate(messages):
        if isinstance(message.content, str):
            yield position, message.content


def _messages(messages: Sequence[Message]) -> Iterator[PromptSegment]:
    """Yield whole messages; of a prompt that is a single one, nothing."""
    if len(messages) > 1:
        for position, text in _texts(messages):
            yield PromptSegment(position, text, 0, len(text), 1)


def _examples(messages: Sequence[Message]) -> Iterator[PromptSegment]:
    position = 0
    while position < len(messages):
        if _is_pair(messages, position):
            text = str(messages[position].content)
            yield PromptSegment(position, text, 0, len(text), 2)
            position += 2
            continue
        content = messages[position].content
        if isinstance(content, str):
            yield from _blocks(position, content)
        position += 1


def _is_pair(messages: Sequence[Message], position: int) -> bool:
    """Whether a user message and the answer after it are an example: not the end of the prompt."""
    pair = messages[position : position + 2]
    roles = [message.role for message in pair]
    are_texts = all(isinstance(message.content, str) for message in pair)
    return roles == ["user", "assistant"] and are_texts and position + 2 < len(messages)


def _blocks(position: int, text: str) -> Iterator[PromptSegment]:
    for block in _BLOCK.finditer(text):
        marks = {mark[1].casefold() for mark in _MARKED.finditer(block[0])}
        if len(marks) > 1:
            yield PromptSegment(position, block[0], *block.span())
