"""Answers side by side as plain text: each distinct one, or a table, and their differences."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from chat_magic.view.answer_table import answer_table
from chat_magic.view.comparison_model import TABLE_FIRST, is_matrix
from chat_magic.view.comparison_summary import (
    agreement_summary,
    divergence_summary,
    metric_facts,
    run_facts,
    times,
)
from chat_magic.view.differences import LEAST_SHARED, differences
from chat_magic.view.excerpt import excerpt, one_line
from chat_magic.view.run_summary import run_summary
from chat_magic.view.setting_facts import message_facts
from chat_magic.view.summary import notices, status_facts
from chat_magic.view.text.result_text import (
    answer_body,
    answer_facts,
    choice_title,
    rounds_text,
    terminal_safe,
)
from chat_magic.view.tree_lines import tree_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.answer_table import AnswerRow
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel, Opens
    from chat_magic.view.differences import Difference

WIDTH = 100
"""Columns that a line may take, whatever the width of the terminal."""
_NOT_SHOWN = ("mean logprob", "bits/byte", "in · out")
"""Columns of the table that leave no room for the answers."""
_NARROWEST = 11
"""Characters of an answer that the table shows at least."""
_MOST_CHANGES = 20
_MOST_IN_TREE = 4
"""Distinct answers up to which the tree of a run is printed."""
_LONGEST_SHARED = 60


def comparison_text(
    comparison: ComparisonModel, *, axes: Sequence[Axis] = (), opens: Opens = "answers"
) -> str:
    """Write answers side by side.

    Args:
        comparison: The answers.
        axes: Of the grid that their runs are.
        opens: Whether the answers or their differences come first.
    """
    is_table = is_matrix(axes) or len(comparison.analysis.answers) > TABLE_FIRST
    parts = [_table(comparison, axes)] if is_table else _answers(comparison)
    changes = _differences(comparison, opens) if opens == "diff" or not is_table else []
    parts = [*changes, *parts] if opens == "diff" else [*parts, *changes]
    if not is_table:
        parts += _trees(comparison)
    rounds = rounds_text(comparison.runs[0].rounds) if len(comparison.runs) == 1 else []
    return terminal_safe("\n\n".join(filter(None, [*rounds, *parts, _foot(comparison, is_table)])))


def _answers(comparison: ComparisonModel) -> list[str]:
    """Write each run's answers, identical ones once, and why a run failed."""
    parts = []
    for number, run in enumerate(comparison.runs):
        # In order of position: a terminal has printed choice 0 already.
        groups = sorted(comparison.groups_by_run[number])
        parts += [_answer(comparison, group) for group in groups]
        if not groups:
            parts.append(f"{choice_title(comparison.run_titles[number])}\n(no answer)")
        if run.error and len(comparison.runs) > 1:
            parts[-1] += f"\nfailed: {run.error}"
    return parts


def _answer(comparison: ComparisonModel, group: tuple[int, ...]) -> str:
    position = group[0]
    choice, run = comparison.choice_at(position), comparison.run_at(position)
    usage = run.usage_of_choice
    same = [comparison.titles[other] for other in group[1:]]
    facts = [f"{times(len(group))}, same as {', '.join(same)}"] if same else []
    facts += [*answer_facts(choice, usage), *metric_facts(choice, usage, run.json_prefill)[1:]]
    if len(comparison.runs) > 1:
        number = comparison.analysis.answers[position].run
        facts += [*message_facts(comparison.runs)[number], *run_facts(run)]
    title = " ".join(filter(None, [comparison.marks_at(group), comparison.titles[position]]))
    lines = [choice_title(title), answer_body(choice, run.reply)]
    lines += [_filled(f"({' · '.join(facts)})")] if facts else []
    return "\n".join(lines)


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _foot(comparison: ComparisonModel, is_table: bool) -> str:
    """Write what holds for all answers: agreement, divergence, status, errors and warnings."""
    lines = _agreement(comparison) if comparison.several else []
    if len(comparison.runs) == 1:
        lines += _status(comparison.runs[0])
    if is_table or len(comparison.runs) == 1:
        lines += [
            ": ".join(["failed", *([title] if is_table else []), run.error])
            for title, run in zip(comparison.run_titles, comparison.runs, strict=True)
            if run.error
        ]
    all_notices = dict.fromkeys(notice for run in comparison.runs for notice in notices(run))
    return "\n".join([*lines, *(f"note: {notice}" for notice in all_notices)])


def _agreement(comparison: ComparisonModel) -> list[str]:
    lines = []
    answer = comparison.analysis.answers[comparison.base]
    if 0 < answer.start < len(answer.text) or answer.start != answer.end:
        shared = one_line(answer.text[: answer.start]).strip()
        is_long = len(shared) > _LONGEST_SHARED
        tail = f"…{shared[1 - _LONGEST_SHARED :]}" if is_long else shared
        lines += [f"identical up to: {tail}"] if shared else []
    divergence = divergence_summary(comparison.sampled_branches)
    lines += [divergence] if divergence else []
    return [*lines, _filled(agreement_summary(comparison))]


def _status(run: RunView) -> list[str]:
    lines = [" · ".join([run.model, *status_facts(run)]), run_summary(run)]
    lines += [f"prefill: {run.prefill.strip()}"] if run.prefill else []
    return [line for line in lines if line]


def _differences(comparison: ComparisonModel, opens: Opens) -> list[str]:
    """Write each other distinct answer against the base, as git's word diff does.

    Unless differences come first, those that are hard to read are only counted.
    """
    if len(comparison.groups) < 2:
        return []
    shown, n_more = differences(comparison)
    base = comparison.titles[comparison.base]
    lines = []
    for difference in shown:
        changes = _changes(difference) if opens == "diff" else _short_changes(difference)
        title = comparison.titles[difference.positions[0]]
        lines.append(f"{title} compared with {base}: {changes}")
    return [*lines, *([f"{n_more} more answers differ"] if n_more else [])]


def _short_changes(difference: Difference) -> str:
    changes = _changes(difference)
    if difference.shared and len(changes) <= WIDTH:
        return changes
    if difference.shared < LEAST_SHARED:
        return "little in common"
    count = sum(kind in ("insert", "delete") for kind, _ in difference.changes)
    return changes if count <= _MOST_CHANGES else f"{count} changes"


def _changes(difference: Difference) -> str:
    if difference.fields:
        lines = [
            f"  {field.pointer or '/'}: "
            + ("" if field.before is None else f"[-{field.before}-]")
            + ("" if field.after is None else f"{{+{field.after}+}}")
            for field in difference.fields
        ]
        return "\n" + "\n".join(lines)
    marks = {
        "same": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]", "left out": " … {} … ",
    }  # fmt: skip
    return "".join(marks[kind].format(text) for kind, text in difference.changes)


def _trees(comparison: ComparisonModel) -> list[str]:
    """Write the trees of the runs that have few answers."""
    trees = []
    for number, (tree, run) in enumerate(zip(comparison.trees, comparison.runs, strict=True)):
        if 1 < len(comparison.groups_by_run[number]) <= _MOST_IN_TREE:
            titles = [str(choice.index) for choice in run.reply.choices]
            lines = [
                f"{line.indent}{line.facts}  {line.token}{line.rest}".rstrip()
                for line in tree_lines(tree, titles, most=48)
            ]
            title = [f"{comparison.run_titles[number]}:"] if len(comparison.runs) > 1 else []
            trees.append("\n".join([*title, *lines]))
    return trees


def _table(comparison: ComparisonModel, axes: Sequence[Axis]) -> str:
    """Write a row for each distinct answer of a run: what names it, its metrics, its excerpt."""
    table = answer_table(comparison, axes)
    names = [name for name in table.columns if name not in _NOT_SHOWN]
    head = [*table.key_columns, *names]
    rows = [[*row.key, *(row.cells.get(name, "") for name in names)] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        for cells in (head, *rows)
    ]
    room = max(WIDTH - len(lines[0]) - 3, _NARROWEST)
    last_cells = ["answer", *(_excerpt(comparison, row, room) for row in table.rows)]
    return "\n".join(f"{line}  {cell}" for line, cell in zip(lines, last_cells, strict=True))


def _excerpt(comparison: ComparisonModel, row: AnswerRow, most: int) -> str:
    if row.position is None:
        problem = row.problem or ""
        return problem if len(problem) <= most else f"{problem[:most]}…"
    parts = excerpt(comparison.analysis.answers[row.position], most)
    return one_line("".join(part.text for part in parts))
