"""What changed from one execution to another, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.differences import shorten
from chat_magic.view.excerpt import one_line
from chat_magic.view.summary import percent
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.answer_diff import AnswerDiff, LabelChange, Share, ShareChange
    from chat_magic.analysis.diff import Change
    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.result_diff import ResultDiff

MOST_SHARES = 20
"""Distinct answers that are listed."""
SAME_PROMPT, SAME_ANSWERS = "the same prompt and parameters", "the same answers"
_MARKS = {"same": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]", "left out": " … {} … "}
_LONGEST = 60


def result_diff_text(diff: ResultDiff) -> str:
    """Write the changes of the prompt, then those of the answers, as git's word diff does."""
    lines = [f"{diff.before.title} → {diff.after.title}", "", "prompt"]
    lines += [f"  {line}" for line in _prompt(diff.prompt)]
    lines += ["", "answers" if diff.answers.kind == "shares" else "answer"]
    lines += [f"  {line}" for line in _answers(diff.answers)]
    return terminal_safe("\n".join(lines))


def _prompt(prompt: PromptDiff) -> Iterator[str]:
    if prompt.is_same:
        yield SAME_PROMPT
        return
    for parameter in prompt.parameters:
        yield f"{parameter.name} {value_text(parameter.before)} → {value_text(parameter.after)}"
    for message in prompt.messages:
        if not message.is_same:
            yield f"{message.role}: {_changes(message.changes)}"


def value_text(value: str | None) -> str:
    """Return a parameter's value in one line; `not set` for None."""
    if value is None:
        return "not set"
    text = one_line(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _answers(answers: AnswerDiff) -> Iterator[str]:
    if answers.is_same:
        yield SAME_ANSWERS
    elif answers.kind == "shares":
        yield from _rows([_share_cells(change) for change in answers.shares[:MOST_SHARES]])
        if len(answers.shares) > MOST_SHARES:
            yield f"{len(answers.shares) - MOST_SHARES} more"
    elif answers.kind == "labels":
        yield from _rows([label_cells(change) for change in answers.labels])
    elif answers.fields is not None:
        for field in answers.fields:
            yield f"{field.pointer or '/'} {value_text(field.before)} → {value_text(field.after)}"
    else:
        yield from _changes(answers.changes).split("\n")


def _changes(changes: Sequence[Change]) -> str:
    return "".join(_MARKS[kind].format(text) for kind, text in shorten(changes))


def _share_cells(change: ShareChange) -> tuple[str, str, str]:
    text = value_text(change.text) or "(empty)"
    return text, share_text(change.before), share_text(change.after)


def share_text(share: Share | None) -> str:
    """Return a share with its interval: `3/4 = 75% (30 to 95%)`."""
    if share is None:
        return "no answers"
    interval = f"{100 * share.low:.0f} to {100 * share.high:.0f}%"
    return f"{share.count}/{share.among} = {100 * share.count / share.among:.0f}% ({interval})"


def label_cells(change: LabelChange) -> tuple[str, str, str]:
    """Return the name of a label with its field, and its probabilities."""
    before, after = (
        "not known" if prob is None else percent(prob) for prob in (change.before, change.after)
    )
    return f"{change.field} {change.label}", before, after


def _rows(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, before, after in rows:
        yield f"{name.ljust(widths[0])}  {before.ljust(widths[1])} → {after}"
