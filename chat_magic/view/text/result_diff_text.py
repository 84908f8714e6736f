"""What changed from one execution to another, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.differences import shorten
from chat_magic.view.result_diff_words import (
    SAME_ANSWERS,
    SAME_PROMPT,
    changed_rows,
    value_text,
)
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.answer_diff import AnswerDiff
    from chat_magic.analysis.diff import Change
    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.result_diff import ResultDiff
    from chat_magic.view.result_diff_words import ChangedRow

_MARKS = {"same": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]", "left out": " … {} … "}


def result_diff_text(diff: ResultDiff) -> str:
    """Write the changes of the prompt, then those of the answers, as git's word diff does."""
    lines = [f"{diff.before.title} → {diff.after.title}", "", "prompt"]
    lines += [f"  {line}" for line in prompt_lines(diff.prompt)]
    lines += ["", "answers" if diff.answers.kind == "shares" else "answer"]
    lines += [f"  {line}" for line in _answers(diff.answers)]
    return terminal_safe("\n".join(lines))


def prompt_lines(prompt: PromptDiff) -> Iterator[str]:
    """Yield what changed in a prompt: the parameters, then the messages."""
    if prompt.is_same:
        yield SAME_PROMPT
        return
    for parameter in prompt.parameters:
        yield f"{parameter.name} {value_text(parameter.before)} → {value_text(parameter.after)}"
    for message in prompt.messages:
        if not message.is_same:
            yield from f"{message.role}: {_changes(message.changes)}".split("\n")


def _answers(answers: AnswerDiff) -> Iterator[str]:
    if answers.is_same:
        yield SAME_ANSWERS
    elif answers.kind == "text" and answers.fields is None:
        yield from _changes(answers.changes).split("\n")
    else:
        yield from _rows(changed_rows(answers))


def _changes(changes: Sequence[Change]) -> str:
    return "".join(_MARKS[kind].format(text) for kind, text in shorten(changes))


def _rows(rows: Sequence[ChangedRow]) -> Iterator[str]:
    """Write rows so that their values line up."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, before, after in rows:
        values = f"  {before.ljust(widths[1])} → {after}" if before or after else ""
        yield f"{name.ljust(widths[0])}{values}".rstrip()
