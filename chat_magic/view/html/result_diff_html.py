"""What changed from one execution to another, as static HTML in two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.differences import shorten
from chat_magic.view.html.comparison_details import changes_html
from chat_magic.view.html.elements import columns, heading, line, note, page, strong
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table
from chat_magic.view.result_diff_words import (
    SAME_ANSWERS,
    SAME_PROMPT,
    changed_rows,
    value_text,
)

if TYPE_CHECKING:
    from chat_magic.analysis.answer_diff import AnswerDiff
    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.result_diff import ResultDiff


def result_diff_html(diff: ResultDiff) -> str:
    """Draw what changed in the prompt beside what changed in the answers."""
    sides = (diff.before.title, diff.after.title)
    name = "answers" if diff.answers.kind == "shares" else "answer"
    boxes = [
        heading("prompt", []) + prompt_html(diff.prompt),
        heading(name, []) + _answers(diff.answers, sides),
    ]
    return page(line(strong(" → ".join(sides))) + columns(boxes))


def prompt_html(prompt: PromptDiff) -> str:
    """Draw what changed in a prompt: the parameters, then the messages."""
    if prompt.is_same:
        return note(SAME_PROMPT)
    parameters = "".join(
        line(
            f"{escape(change.name)} {isolated(value_text(change.before))} → "
            f"{isolated(value_text(change.after))}"
        )
        for change in prompt.parameters
    )
    messages = (
        heading(message.role, []) + changes_html(list(shorten(message.changes)))
        for message in prompt.messages
        if not message.is_same
    )
    return parameters + "".join(f'<div style="margin:0 0 10px 0">{html}</div>' for html in messages)


def _answers(answers: AnswerDiff, sides: tuple[str, str]) -> str:
    if answers.is_same:
        return note(SAME_ANSWERS)
    if answers.kind == "text" and answers.fields is None:
        return changes_html(list(shorten(answers.changes)))
    rows = [tuple(map(isolated, row)) for row in changed_rows(answers)]
    return table(("", *map(escape, sides)), rows)
