"""What some answers have in common, where they part, and which of them are the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.agreement import Agreement, agreement
from chat_magic.analysis.columns import read
from chat_magic.analysis.divergences import (
    BranchStats,
    Text,
    answer_texts,
    branch_stats,
    first_parting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.divergences import Divergence
    from chat_magic.core.reply.reply import Choice, Reply


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One of the texts that are compared."""

    run: int
    """Place of its reply among those given."""
    choice: int
    """Its place in that reply's choices."""
    text: str
    """Its content, else its refusal, with U+FFFD for lone surrogates."""
    start: int
    """Code points before the first token in which the answers differ; all where they are the same.

    Differences are found in UTF-8 bytes: other tokens of the same text are none.
    """
    end: int
    """Where that token ends; `start` where the text ended there, or nothing differs."""


@dataclass(frozen=True, kw_only=True)
class Way(BranchStats):
    """One way on from the place where the answers of a run part first."""

    text: str
    """Of the token; empty where the text ended."""
    answers: tuple[int, ...]
    """Places in `Comparison.answers`."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Some answers, side by side."""

    answers: tuple[Answer, ...]
    """In the order of the runs, and of their choices."""
    groups: tuple[tuple[int, ...], ...]
    """Places of answers that are identical, the largest group first."""
    base: int
    """Place of what the others are compared with: the first of the largest group, if that has
    several."""
    ways: tuple[Way, ...]
    """The most frequent first; none unless all answers are of one run, and differ."""
    agreement: Agreement


def compare(replies: Sequence[Reply], *, ignore_whitespace: bool = False) -> Comparison:
    """Compare the answers of some replies.

    Args:
        replies: The answers, one a run; each of its choices is compared.
        ignore_whitespace: Whether texts are identical that differ in their white space alone.
    """
    texts = list(answer_texts(read(replies, alternatives=False)))
    called = [_called(replies[text.run].choices[text.place]) for text in texts]
    groups = _groups(texts, called, ignore_whitespace)
    differ = len(groups) > 1 and len({text.data for text in texts}) > 1
    parting = first_parting(texts) if differ else None
    answers = tuple(_answer(text, place, parting) for place, text in enumerate(texts))
    return Comparison(
        answers=answers,
        groups=groups,
        base=groups[0][0] if groups and len(groups[0]) > 1 else 0,
        ways=_ways(parting) if parting and len({text.run for text in texts}) == 1 else (),
        agreement=agreement(
            [answer.text + calls for answer, calls in zip(answers, called, strict=True)]
        ),
    )


def _called(choice: Choice) -> str:
    """Return the tools that a choice calls, and with what, as one text; empty without any."""
    calls = [(call.function.name, call.function.arguments) for call in choice.tool_calls]
    return json.dumps(calls) if calls else ""


def _groups(
    texts: list[Text], called: list[str], ignore_whitespace: bool
) -> tuple[tuple[int, ...], ...]:
    groups: dict[tuple[bytes, str], list[int]] = {}
    for place, text in enumerate(texts):
        key = " ".join(text.data.decode().split()).encode() if ignore_whitespace else text.data
        groups.setdefault((key, called[place]), []).append(place)
    return tuple(sorted(map(tuple, groups.values()), key=lambda group: -len(group)))


def _answer(text: Text, place: int, parting: Divergence | None) -> Answer:
    start, end = (parting.start, parting.ends[place]) if parting else (len(text.data),) * 2
    return Answer(
        run=text.run,
        choice=text.place,
        text=text.data.decode(),
        start=len(text.data[:start].decode()),
        end=len(text.data[:end].decode()),
    )


def _ways(parting: Divergence) -> tuple[Way, ...]:
    counts = [(len(way.texts), parting.among, way.probs) for way in parting.ways]
    return tuple(
        Way(
            text=way.token.decode(),
            answers=tuple(text.place for text in way.texts),
            **fields,
        )
        for way, fields in zip(parting.ways, branch_stats(counts), strict=True)
    )
