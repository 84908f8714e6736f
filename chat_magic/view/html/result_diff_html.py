"""What changed from one execution to another, as static HTML in two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.differences import shorten
from chat_magic.view.html.comparison_details import changes_html, fields_html
from chat_magic.view.html.elements import columns, heading, line, note, strong
from chat_magic.view.html.elements import page as whole_page
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table
from chat_magic.view.text.result_diff_text import (
    MOST_SHARES,
    SAME_ANSWERS,
    SAME_PROMPT,
    label_cells,
    share_text,
    value_text,
)

if TYPE_CHECKING:
    from chat_magic.analysis.answer_diff import AnswerDiff
    from chat_magic.analysis.prompt_diff import PromptDiff
    from chat_magic.view.result_diff import ResultDiff


def result_diff_html(diff: ResultDiff) -> str:
    """Draw what changed in the prompt beside what changed in the answers."""
    title = line(strong(f"{diff.before.title} → {diff.after.title}"))
    sides = (diff.before.title, diff.after.title)
    prompt = heading("prompt", []) + _prompt(diff.prompt)
    many = diff.answers.kind == "shares"
    answers = heading("answers" if many else "answer", []) + _answers(diff.answers, sides)
    return whole_page(title + columns([prompt, answers]))


def _prompt(prompt: PromptDiff) -> str:
    if prompt.is_same:
        return note(SAME_PROMPT)
    parameters = "".join(
        line(
            f"{escape(change.name)} {isolated(value_text(change.before))} → "
            f"{isolated(value_text(change.after))}"
        )
        for change in prompt.parameters
    )
    messages = "".join(
        heading(message.role, []) + changes_html(list(shorten(message.changes)))
        for message in prompt.messages
        if not message.is_same
    )
    return parameters + messages


def _answers(answers: AnswerDiff, sides: tuple[str, str]) -> str:
    if answers.is_same:
        return note(SAME_ANSWERS)
    titles = tuple(map(escape, sides))
    if answers.kind == "shares":
        rows = [
            (
                isolated(value_text(change.text)) or note("(empty)"),
                escape(share_text(change.before)),
                escape(share_text(change.after)),
            )
            for change in answers.shares[:MOST_SHARES]
        ]
        more = len(answers.shares) - MOST_SHARES
        return table(("answer", *titles), rows) + (note(f"{more} more") if more > 0 else "")
    if answers.kind == "labels":
        cells = [map(escape, label_cells(change)) for change in answers.labels]
        return table(("label", *titles), [tuple(row) for row in cells])
    if answers.fields is not None:
        return fields_html(answers.fields, sides)
    return changes_html(list(shorten(answers.changes)))
