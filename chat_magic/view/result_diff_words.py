"""The words in which every picture says what changed between two executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chat_magic.view.excerpt import one_line
from chat_magic.view.summary import percent

if TYPE_CHECKING:
    from chat_magic.analysis.answer_diff import AnswerDiff, LabelChange, Share

SAME_PROMPT, SAME_ANSWERS = "the same prompt and parameters", "the same answers"
_MOST_SHARES = 20
"""Distinct answers that are listed."""
_LONGEST = 60


class ChangedRow(NamedTuple):
    """What changed, its value before, and after."""

    name: str
    before: str
    after: str


def value_text(value: str | None) -> str:
    """Return a value in one line; `not set` for None."""
    if value is None:
        return "not set"
    text = one_line(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def changed_rows(answers: AnswerDiff) -> list[ChangedRow]:
    """Return the table of the changes of shares, labels or fields; empty for the words of a text.

    A share is `3/4 = 75% (30 to 95%)`: how often, of how many, with its interval.
    """
    if answers.kind == "labels":
        return [_label_row(change) for change in answers.labels]
    if answers.kind == "text":
        return [
            ChangedRow(field.pointer or "/", value_text(field.before), value_text(field.after))
            for field in answers.fields or ()
        ]
    rows = [
        ChangedRow(
            value_text(change.text) or "(empty)", _share(change.before), _share(change.after)
        )
        for change in answers.shares[:_MOST_SHARES]
    ]
    n_more = len(answers.shares) - len(rows)
    return [*rows, *([ChangedRow(f"{n_more} more", "", "")] if n_more else [])]


def _share(share: Share | None) -> str:
    if share is None:
        return "no answers"
    interval = f"{100 * share.low:.0f} to {100 * share.high:.0f}%"
    return f"{share.count}/{share.among} = {100 * share.count / share.among:.0f}% ({interval})"


def _label_row(change: LabelChange) -> ChangedRow:
    before, after = (
        "not known" if prob is None else percent(prob) for prob in (change.before, change.after)
    )
    return ChangedRow(f"{change.field} {change.label}", before, after)
