"""A prompt as a model reads it: its tokens, the message of each, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "PromptToken",
    "boundaries",
    "common_start",
    "inserted_text",
    "oddities",
    "with_messages",
]


@dataclass(frozen=True, kw_only=True)
class PromptToken:
    """A token of a prompt."""

    id: int
    content: bytes | None
    """Its bytes; None where the server does not tell."""
    is_special: bool = False
    """Whether it is a control token, which no text spells."""
    message: int | None = None
    """The message that it is of, from 0; None for what the template adds around them."""

    @property
    def text(self) -> str:
        """Its text; a part of a character becomes U+FFFD."""
        return "" if self.content is None else self.content.decode(errors="replace")


def common_start(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def inserted_text(plain: str, marked: str, mark: str) -> tuple[int, str] | None:
    """Return where a template puts a system message of its own, and that message's text.

    Args:
        plain: The prompt of messages without a system message.
        marked: The prompt of the same with a system message before them.
        mark: That message's text, which occurs nowhere else.

    Returns:
        Its start in `plain` and its text; None if the template adds none.
    """
    start = marked.find(mark)
    if start < 0 or common_start(plain, marked) < start:
        return None
    after = marked[start + len(mark) :]
    if not plain.endswith(after):
        return None
    text = plain[start : len(plain) - len(after)]
    return (start, text) if text.strip() else None


def boundaries(text: str, starts: Sequence[str | None], contents: Sequence[str]) -> list[int]:
    """Return where each message of a prompt ends, in characters.

    Args:
        text: The prompt.
        starts: The prompt of the first message, of the first two, and so on; None where the
            template has none for them. One that is not the beginning of the text counts as far as
            it is.
        contents: The texts of the messages, by which the end is found otherwise.
    """
    ends: list[int] = []
    for start, content in zip(starts, contents, strict=True):
        before = ends[-1] if ends else 0
        end = common_start(text, start) if start is not None else 0
        if end <= before:
            found = text.find(content, before)
            end = found + len(content) if found >= 0 else before
        ends.append(max(end, before))
    return ends


def with_messages(
    text: str, tokens: Sequence[PromptToken], ends: Sequence[int], first: int = 0
) -> list[PromptToken]:
    """Return the tokens with the message that each begins in.

    Args:
        text: The prompt.
        tokens: Its tokens; one that is not in the text, such as a first token that is added, is
            of no message.
        ends: Where each message ends in the text, in characters.
        first: Where the first message begins.
    """
    edges = [len(text[:end].encode()) for end in (first, *ends)]
    data, position = text.encode(), 0
    placed: list[PromptToken] = []
    for token in tokens:
        content = token.content or b""
        is_there = bool(content) and data.startswith(content, position)
        message = _message_at(position, edges) if is_there else None
        placed.append(replace(token, message=message))
        position += len(content) if is_there else 0
    return placed


def _message_at(byte: int, edges: Sequence[int]) -> int | None:
    return next(
        (number for number, (start, end) in enumerate(pairwise(edges)) if start <= byte < end), None
    )


def oddities(
    tokens: Sequence[PromptToken], contents: Sequence[str], own_system: str | None
) -> Iterator[str]:
    """Yield what is odd about a prompt, in words.

    Args:
        tokens: Its tokens, with their messages.
        contents: The texts of the messages.
        own_system: The system message that the template puts in, if it does.
    """
    if own_system is not None:
        shown = own_system if len(own_system) <= 200 else f"{own_system[:200]}…"
        yield f"the template puts in a system message of its own: {shown.strip()!r}"
    if len(tokens) > 1 and tokens[0].id == tokens[1].id and tokens[0].is_special:
        yield f"the prompt begins with {tokens[0].text} twice"
    for number, content in enumerate(contents):
        names = {
            token.text
            for token in tokens
            if token.message == number and token.is_special and token.text
        }
        for name in sorted(name for name in names if name in content):
            yield (
                f"messages[{number}]: its text has {name}, which the model reads as the control "
                "token of this name"
            )
