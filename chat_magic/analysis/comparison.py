"""What some answers have in common, where they diverge, and which of them are identical."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.analysis.agreement import Agreement, agreement
from chat_magic.analysis.divergences import (
    AnswerText,
    BranchStats,
    answer_texts,
    branch_stats,
    first_divergence,
)
from chat_magic.analysis.reply_columns import read_replies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.analysis.divergences import Divergence
    from chat_magic.core.reply.reply import Choice, Reply


@dataclass(frozen=True, kw_only=True)
class ComparedAnswer:
    """One of the texts that are compared."""

    run: int
    """Position of its reply among those given."""
    choice: int
    """Position of its choice in that reply, which may differ from the choice's `index`."""
    text: str
    """Its content, else its refusal, with U+FFFD for lone surrogates."""
    start: int
    """Code points before the first token in which the answers differ; all if they are identical.

    Differences are found in UTF-8 bytes: different tokens of the same text are not a difference.
    """
    end: int
    """Where that token ends; `start` if the text ends there, or the answers are identical."""


@dataclass(frozen=True, kw_only=True)
class AnswerBranch(BranchStats):
    """One continuation after the first divergence of the answers of a run."""

    text: str
    """Of the token; empty if the text ends."""
    answers: tuple[int, ...]
    """Positions in `Comparison.answers`."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Some answers, side by side."""

    answers: tuple[ComparedAnswer, ...]
    """In the order of the runs, and of their choices."""
    groups: tuple[tuple[int, ...], ...]
    """Positions of answers that are identical, the largest group first."""
    base: int
    """Position of the answer that the others are compared with: the first of the largest group if
    that has several, else 0."""
    branches: tuple[AnswerBranch, ...]
    """The most frequent first; empty unless all answers are of one run, and differ."""
    agreement: Agreement


def compare_replies(replies: Sequence[Reply], *, ignore_whitespace: bool = False) -> Comparison:
    """Compare the answers in some replies.

    Args:
        replies: The replies, one a run; each of their choices is an answer.
        ignore_whitespace: Whether texts that differ only in white space are identical.
    """
    texts = list(answer_texts(read_replies(replies, alternatives=False)))
    calls = [_tool_calls(replies[text.run].choices[text.position]) for text in texts]
    groups = _groups(texts, calls, ignore_whitespace)
    differ = len(groups) > 1 and len({text.data for text in texts}) > 1
    divergence = first_divergence(texts) if differ else None
    is_one_run = len({text.run for text in texts}) == 1
    answers = tuple(_answer(text, number, divergence) for number, text in enumerate(texts))
    return Comparison(
        answers=answers,
        groups=groups,
        base=groups[0][0] if groups and len(groups[0]) > 1 else 0,
        branches=_branches(divergence) if divergence and is_one_run else (),
        agreement=agreement(
            [answer.text + called for answer, called in zip(answers, calls, strict=True)]
        ),
    )


def _tool_calls(choice: Choice) -> str:
    """Return the tool calls of a choice as one text; empty if there are none."""
    calls = [(call.called.name, call.called.arguments) for call in choice.tool_calls]
    return json.dumps(calls) if calls else ""


def _groups(
    texts: list[AnswerText], calls: list[str], ignore_whitespace: bool
) -> tuple[tuple[int, ...], ...]:
    groups: dict[tuple[bytes, str], list[int]] = {}
    for number, text in enumerate(texts):
        key = " ".join(text.data.decode().split()).encode() if ignore_whitespace else text.data
        groups.setdefault((key, calls[number]), []).append(number)
    return tuple(sorted(map(tuple, groups.values()), key=lambda group: -len(group)))


def _answer(text: AnswerText, number: int, divergence: Divergence | None) -> ComparedAnswer:
    length = len(text.data)
    start, end = (divergence.start, divergence.ends[number]) if divergence else (length, length)
    return ComparedAnswer(
        run=text.run,
        choice=text.position,
        text=text.data.decode(),
        start=len(text.data[:start].decode()),
        end=len(text.data[:end].decode()),
    )


def _branches(divergence: Divergence) -> tuple[AnswerBranch, ...]:
    branches = divergence.branches
    stats = branch_stats(
        [(len(branch.texts), divergence.among, branch.probs) for branch in branches]
    )
    return tuple(
        AnswerBranch(
            text=branch.token.decode(),
            answers=tuple(text.position for text in branch.texts),
            **fields,
        )
        for branch, fields in zip(branches, stats, strict=True)
    )
