"""Answers beside each other as plain text: each distinct one, or a table, and how they differ."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.comparison_model import (
    TABLE_FIRST,
    agreement_words,
    answer_key,
    choice_at,
    divergence_summary,
    excerpt,
    figure_words,
    is_matrix,
    key_names,
    one_line,
    run_key,
    run_words,
    times,
)
from chat_magic.view.differences import differences
from chat_magic.view.summary import money, notices, number, percent, status_facts, unsure
from chat_magic.view.text.result_text import (
    answer_body,
    answer_facts,
    choice_title,
    rounds_text,
    terminal_safe,
)
from chat_magic.view.text.tree_lines import branches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel, Opens
    from chat_magic.view.differences import Difference

WIDTH = 100
"""Columns that a line may take, whatever the terminal."""
_NAMES = ("ended", "", "tokens", "perplexity", "least", "time", "cost")
_ALIKE = 1 / 3
"""How much of two texts must be the same for their differences to be read."""
_MOST_CHANGES = 20
_FEW = 4
"""Distinct answers up to which their tree and their differences are printed."""


def comparison_text(
    compared: ComparisonModel, *, axes: Sequence[Axis] = (), opens: Opens = "answers"
) -> str:
    """Write what is compared.

    Args:
        compared: The answers.
        axes: Of the grid that they are.
        opens: What comes first: the answers, or how they differ.
    """
    is_table = is_matrix(axes) or len(compared.comparison.answers) > TABLE_FIRST
    parts = [_rows(compared, axes)] if is_table else _answers(compared)
    changes = _differences(compared, opens) if opens == "diff" or not is_table else []
    parts = [*changes, *parts] if opens == "diff" else [*parts, *changes]
    if not is_table:
        parts += _trees(compared)
    rounds = rounds_text(compared.runs[0].rounds) if len(compared.runs) == 1 else []
    return terminal_safe("\n\n".join(filter(None, [*rounds, *parts, _foot(compared, is_table)])))


def _answers(compared: ComparisonModel) -> list[str]:
    """Write each run's answers, identical ones once, and why a run failed."""
    parts = []
    for place, run in enumerate(compared.runs):
        groups = sorted(compared.groups_by_run[place])  # the first is printed while it comes
        parts += [_answer(compared, group) for group in groups]
        if not groups:
            parts.append(f"{choice_title(compared.run_titles[place])}\n(no answer)")
        if run.error and len(compared.runs) > 1:
            parts[-1] += f"\nfailed: {run.error}"
    return parts


def _answer(compared: ComparisonModel, group: tuple[int, ...]) -> str:
    place = group[0]
    choice, answer = choice_at(compared, place), compared.comparison.answers[place]
    run = compared.runs[answer.run]
    usage = run.reply.usage if len(run.reply.choices) == 1 else None
    same = [compared.titles[other] for other in group[1:]]
    facts = [f"{times(len(group))}, same as {', '.join(same)}"] if same else []
    facts += [*answer_facts(choice, usage), *figure_words(choice)[1:]]
    facts += run_words(run) if len(compared.runs) > 1 else []
    lines = [choice_title(compared.titles[place]), answer_body(choice)]
    lines += [_filled(f"({' · '.join(facts)})")] if facts else []
    return "\n".join(lines)


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _foot(compared: ComparisonModel, is_table: bool) -> str:
    """Write how far the answers agree, where they part, why runs failed, what a sole one took."""
    lines = []
    if compared.several:
        answer = compared.comparison.answers[compared.base]
        if 0 < answer.start < len(answer.text) or answer.start != answer.end:
            before = one_line(answer.text[: answer.start]).strip()
            shown = before if len(before) <= 60 else f"…{before[-59:]}"
            lines += [f"same until: {shown}"] if before else []
        lines += [words for words in (divergence_summary(compared.comparison.branches),) if words]
        lines.append(_filled(agreement_words(compared)))
    if len(compared.runs) == 1:
        run = compared.runs[0]
        lines.append(" · ".join([run.model, *status_facts(run)]))
        lines += [words for words in (unsure(run.reply.choices),) if words]
        lines += [f"prefill: {run.prefill.strip()}"] if run.prefill else []
    if is_table or len(compared.runs) == 1:
        lines += [
            ": ".join(["failed", *([title] if is_table else []), run.error])
            for title, run in zip(compared.run_titles, compared.runs, strict=True)
            if run.error
        ]
    lines += [f"note: {words}" for words in _notes(compared.runs)]
    return "\n".join(lines)


def _notes(runs: Sequence[RunView]) -> list[str]:
    return list(dict.fromkeys(words for run in runs for words in notices(run)))


def _differences(compared: ComparisonModel, opens: Opens) -> list[str]:
    """Write each other distinct answer against the base, as git's word diff does.

    Where they were not asked for, those that cannot be read at a glance are only told of.
    """
    if len(compared.groups) < 2:
        return []
    found, more = differences(compared)
    drawn = []
    for each in found:
        changes = _changes(each) if opens == "diff" else _glance(each)
        titles = (compared.titles[each.places[0]], compared.titles[compared.base])
        drawn.append(f"{titles[0]} against {titles[1]}: {changes}")
    return [*drawn, *([f"{more} more answers differ"] if more else [])]


def _glance(difference: Difference) -> str:
    changes = _changes(difference)
    if difference.shared and len(changes) <= WIDTH:
        return changes
    if difference.shared < _ALIKE:
        return "little in common"
    count = sum(kind in ("insert", "delete") for kind, _ in difference.changes)
    return changes if count <= _MOST_CHANGES else f"{count} changes"


def _changes(difference: Difference) -> str:
    if difference.fields:
        lines = [
            f"  {each.pointer or '/'}: "
            + ("" if each.before is None else f"[-{each.before}-]")
            + ("" if each.after is None else f"{{+{each.after}+}}")
            for each in difference.fields
        ]
        return "\n" + "\n".join(lines)
    marks = {
        "same": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]", "left out": " … {} … ",
    }  # fmt: skip
    return "".join(marks[kind].format(text) for kind, text in difference.changes)


def _trees(compared: ComparisonModel) -> list[str]:
    """Write the trees of the runs that have few answers."""
    drawn = []
    for place, (tree, run) in enumerate(zip(compared.trees, compared.runs, strict=True)):
        if 1 < len(compared.groups_by_run[place]) <= _FEW:
            titles = [str(choice.index) for choice in run.reply.choices]
            lines = [
                f"{line.lines}{line.facts}  {line.token}{line.rest}".rstrip()
                for line in branches(tree, titles, most=48)
            ]
            name = [f"{compared.run_titles[place]}:"] if len(compared.runs) > 1 else []
            drawn.append("\n".join([*name, *lines]))
    return drawn


def _rows(compared: ComparisonModel, axes: Sequence[Axis]) -> str:
    """Write a row for each distinct answer of a run, with its figures and how it begins."""
    rows: list[list[str]] = [[*key_names(compared, axes), *_NAMES]]
    answers: list[int | str] = ["answer"]
    for place, run in enumerate(compared.runs):
        for group in compared.groups_by_run[place]:
            rows.append([*answer_key(compared, group[0], axes), *_figures(compared, group)])
            answers.append(group[0])
        if run.error:
            key = run_key(compared, place, axes)
            rows.append([*key, "failed"] + [""] * (len(rows[0]) - len(key) - 1))
            answers.append(run.error)
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for cells, answer in zip(zip(*columns, strict=True), answers, strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        room = max(WIDTH - len(line) - 3, 16)
        text = _cut(answer, room) if isinstance(answer, str) else _begun(compared, answer, room)
        lines.append(f"{line}  {text}")
    return "\n".join(lines)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _begun(compared: ComparisonModel, place: int, most: int) -> str:
    parts = excerpt(compared.comparison.answers[place], most)
    return one_line("".join(part.text for part in parts))


def _figures(compared: ComparisonModel, group: tuple[int, ...]) -> list[str]:
    choice = choice_at(compared, group[0])
    run = compared.runs[compared.comparison.answers[group[0]].run]
    found = choice_metrics(choice, run.reply.usage if len(run.reply.choices) == 1 else None)
    several = len(compared.runs) > 1
    return [
        choice.finish_reason or "",
        times(len(group)),
        "" if found.n_tokens is None else str(found.n_tokens),
        "" if found.perplexity is None else f"{found.perplexity:.2f}",
        "" if found.min_prob is None else f"{percent(found.min_prob)} %",
        f"{number(run.timing.total_s)} s" if several else "",
        money(run.cost) if several and run.cost is not None else "",
    ]
