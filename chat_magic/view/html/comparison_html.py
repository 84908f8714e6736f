"""Answers side by side as static HTML: columns, or a matrix of small multiples."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from chat_magic.view.comparison_model import TABLE_FIRST, is_matrix, value_title
from chat_magic.view.comparison_summary import (
    agreement_summary,
    divergence_summary,
    metric_facts,
    run_facts,
    times,
)
from chat_magic.view.html.comparison_details import (
    differences_html,
    excerpt_html,
    table_html,
    trees_html,
)
from chat_magic.view.html.elements import (
    EM_SPACE,
    LINE,
    MUTED,
    columns,
    details,
    exact,
    facts_line,
    heading,
    line,
    note,
    nowrap,
    page,
    status_line,
    strong,
    warning_html,
    with_terms,
)
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table
from chat_magic.view.html.result_html import answer_box, rounds_html, summary_html
from chat_magic.view.html.token_html import most_marked
from chat_magic.view.setting_facts import message_facts
from chat_magic.view.summary import choice_facts, choice_sparkline, notices, status_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel, Opens

_EXCERPT = 220
"""Characters of an answer in a cell of the matrix."""
_MOST_TOKENS = 5_000
"""Tokens in all answers beyond which these are drawn as bare text, to keep a notebook small."""
_MOST_WHOLE = 20_000
"""Tokens in all answers of a table beyond which only their beginnings are drawn."""
_LEFT_OUT = "The whole answers are drawn where scripts run: in JupyterLab, or on an exported page."
_MOST_SAME = 4
"""Identical answers that are named."""
_CELL = f"padding:6px 10px 6px 10px;text-align:left;vertical-align:top;border:{LINE};font-size:100%"


def comparison_html(
    comparison: ComparisonModel,
    *,
    axes: Sequence[Axis] = (),
    opens: Opens = "answers",
    opens_tokens: bool = False,
) -> str:
    """Draw answers side by side.

    Args:
        comparison: The answers.
        axes: Of the grid that their runs are.
        opens: Whether the answers or their differences come first.
        opens_tokens: Whether the tokens of answers are shown without a click.
    """
    is_grid = is_matrix(axes)
    is_long = len(comparison.analysis.answers) > TABLE_FIRST and not is_grid
    rows = table_html(comparison, axes) if comparison.several else ""
    if is_long and comparison.n_tokens > _MOST_WHOLE:
        shown = [rows, note(_LEFT_OUT)]
    else:
        answers = (
            _matrix(comparison, axes, opens_tokens)
            if is_grid
            else _columns(comparison, opens_tokens)
        )
        shown = [rows, details("answers", answers)] if is_long else [answers]
    if opens == "diff":
        shown = [differences_html(comparison), details("answers", "".join(shown))]
    return page(
        "".join([_head(comparison), *shown, _below(comparison, opens, "" if is_long else rows)])
    )


def _head(comparison: ComparisonModel) -> str:
    """Draw the status of a single run, and how far the answers agree."""
    parts, runs = [], comparison.runs
    if len(runs) == 1:
        run = runs[0]
        parts.append(status_line(run.model, status_facts(run), notices(run)))
        parts += [line(warning_html(run.error))] if run.error else []
        parts.append(rounds_html(run.rounds))
    else:
        parts += [line(warning_html(notice)) for notice in comparison.notices]
    if comparison.several:
        divergence = divergence_summary(comparison.sampled_branches, show=isolated)
        spans = [f"<span>{divergence}</span>"] if divergence else []
        agreement = with_terms(agreement_summary(comparison))
        spans.append(f'<span style="{MUTED}">{agreement}</span>')
        parts.append(line(EM_SPACE.join(spans)))
    return "".join(parts)


def _below(comparison: ComparisonModel, opens: Opens, rows: str) -> str:
    """Draw what opens with a click: the differences, the trees, the table."""
    parts = []
    if len(comparison.groups) > 1:
        if opens != "diff":
            parts.append(details("differences", differences_html(comparison)))
        parts += [details("tree", trees)] if (trees := trees_html(comparison)) else []
    parts += [details("table", rows)] if rows else []
    summary = summary_html(comparison.runs[0]) if len(comparison.runs) == 1 else ""
    return summary + (f'<div style="margin:6px 0 0 0">{"".join(parts)}</div>' if parts else "")


def _columns(comparison: ComparisonModel, opens_tokens: bool) -> str:
    if len(comparison.runs) == 1:
        return columns(_answers(comparison, 0, opens_tokens))
    return columns([_run(comparison, run, opens_tokens) for run in range(len(comparison.runs))])


def _answers(comparison: ComparisonModel, run: int, opens_tokens: bool) -> list[str]:
    """Draw the answers of a run, identical ones once."""
    return [_answer(comparison, group, opens_tokens) for group in comparison.groups_by_run[run]]


def _answer(comparison: ComparisonModel, group: tuple[int, ...], opens_tokens: bool) -> str:
    position = group[0]
    answer, choice = comparison.analysis.answers[position], comparison.choice_at(position)
    run = comparison.run_at(position)
    several = len(run.reply.choices) > 1
    facts = choice_facts(choice, run.usage_of_choice)
    facts += _same_as(comparison, group)
    marks = comparison.marks_at(group)
    name = f"{choice.index} {times(len(group))}".strip() if several else ""
    title = " ".join(filter(None, [marks, name])) or None
    head = heading(title, facts, choice_sparkline(choice, run.json_prefill))
    metrics_html = facts_line(metric_facts(choice, run.usage_of_choice, run.json_prefill))
    if comparison.n_tokens > _MOST_TOKENS:
        return head + exact(answer.text) + metrics_html
    differs = len(comparison.groups) > 1 and answer.end > 0
    return answer_box(
        choice,
        head,
        run,
        divergence=(answer.start, answer.end) if differs else None,
        metrics_html=metrics_html,
        opens_tokens=opens_tokens,
        marked=most_marked(comparison.n_tokens, len(comparison.analysis.answers)),
    )


def _same_as(comparison: ComparisonModel, group: tuple[int, ...]) -> list[str]:
    """Name the other identical answers, of this run and of others."""
    answers = comparison.analysis.answers
    same = [str(comparison.choice_at(position).index) for position in group[1:]]
    same += [
        comparison.titles[position]
        for position in comparison.group_of[group[0]]
        if answers[position].run != answers[group[0]].run
    ]
    more = f" and {len(same) - _MOST_SAME} more" if len(same) > _MOST_SAME else ""
    return [f"same as {', '.join(same[:_MOST_SAME])}{more}"] if same else []


def _run(comparison: ComparisonModel, number: int, opens_tokens: bool) -> str:
    """Draw one of several runs: its status, its answers one below the other, or why it failed."""
    run, changes = comparison.runs[number], message_facts(comparison.runs)[number]
    return "".join(
        [
            status_line(comparison.run_titles[number], [*changes, *run_facts(run)]),
            *_problems(comparison, run),
            rounds_html(run.rounds),
            *(_answers(comparison, number, opens_tokens) or [note("no answer")]),
        ]
    )


def _problems(comparison: ComparisonModel, run: RunView) -> list[str]:
    """Draw why a run failed, and its warnings that not all runs have."""
    warnings = [notice for notice in notices(run) if notice not in comparison.notices]
    problems = [*([run.error] if run.error else []), *warnings]
    return [line(warning_html(problem)) for problem in problems]


def _matrix(comparison: ComparisonModel, axes: Sequence[Axis], opens_tokens: bool) -> str:
    """Draw a grid of small multiples: cells in a row, or rows and columns of cells."""
    cells = [_cell(comparison, number, opens_tokens) for number in range(len(comparison.runs))]
    if len(axes) == 1:
        titles = [value_title(axes[0].name, title) for title in axes[0].titles]
        return columns([strong(title) + cell for title, cell in zip(titles, cells, strict=True)])
    *down, across = axes
    row_titles = [
        " · ".join(value_title(axis.name, title) for axis, title in zip(down, titles, strict=True))
        for titles in product(*(axis.titles for axis in down))
    ]
    width = len(across.titles)
    return table(
        ["", *(strong(value_title(across.name, title)) for title in across.titles)],
        [
            [nowrap(strong(title)), *cells[row * width :][:width]]
            for row, title in enumerate(row_titles)
        ],
        cell=_CELL,
        title="font-weight:normal",
        size="100%",
    )


def _cell(comparison: ComparisonModel, number: int, opens_tokens: bool) -> str:
    """Draw a run in a few lines: an excerpt and metrics; the whole answer opens with a click."""
    run = comparison.runs[number]
    problems = "".join(_problems(comparison, run))
    groups = comparison.groups_by_run[number]
    if not groups:
        return problems + ("" if run.error else note("no answer"))
    position = groups[0][0]
    choice = comparison.choice_at(position)
    n_choices = len(run.reply.choices)
    marks = comparison.marks_at([position for group in groups for position in group])
    facts = [f"{len(groups[0])} of {n_choices} choices"] if n_choices > 1 else []
    facts += choice_facts(choice, run.usage_of_choice)
    facts += metric_facts(choice, run.usage_of_choice)[:2]
    beginning = excerpt_html(comparison, position, _EXCERPT)
    answers = "".join(_answers(comparison, number, opens_tokens))
    return (
        f'{problems}<div style="margin:2px 0 4px 0;min-width:170px">'
        f"{f'{strong(marks)} ' if marks else ''}{beginning}</div>"
        + facts_line(facts)
        + details("the whole answer", line(escape(" · ".join(run_facts(run)))) + answers)
    )
