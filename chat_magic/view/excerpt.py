"""An answer shortened to one line around the token in which it diverges from others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from chat_magic.analysis.comparison import ComparedAnswer

_SPACES = re.compile(r"\s+")


class ExcerptPart(NamedTuple):
    """A part of an excerpt: before the token at which answers diverge, that token, or the rest."""

    kind: Literal["shared", "divergence", "rest"]
    text: str


def excerpt(answer: ComparedAnswer, most: int) -> list[ExcerptPart]:
    """Shorten an answer to one line that contains the divergence.

    Args:
        answer: The answer.
        most: Number of characters to keep: from the start of the answer if the divergence is
            among them, else from shortly before the divergence.
    """
    text, start, end = answer.text, answer.start, answer.end
    if start == len(text):
        start, end = 0, 0
    first = 0 if end <= most else max(0, start - most // 4)
    shared = f"…{text[first:start]}" if first else text[:start]
    last = max(first + most, end)
    rest = text[end:last] + "…" * (last < len(text))
    parts = [
        ExcerptPart("shared", shared),
        ExcerptPart("divergence", text[start:end]),
        ExcerptPart("rest", rest),
    ]
    return [ExcerptPart(part.kind, _SPACES.sub(" ", part.text)) for part in parts if part.text]


def one_line(text: str) -> str:
    """Write a text in one line, its line breaks as ↵."""
    return _SPACES.sub(lambda match: "↵" if "\n" in match[0] else " ", text)
