"""Answers beside each other as static HTML: columns, or a matrix of small multiples."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from chat_magic.view.comparison_model import (
    TABLE_FIRST,
    agreement_words,
    choice_at,
    divergence_summary,
    figure_words,
    is_matrix,
    run_words,
    times,
    value_title,
)
from chat_magic.view.html.comparison_details import (
    beginning_html,
    differences_html,
    line,
    table_html,
    trees_html,
    unbroken,
)
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.html_table import table
from chat_magic.view.html.result_html import (
    EM_SPACE,
    EN_SPACE,
    LINE,
    MUTED,
    SMALL,
    answer_box,
    columns,
    details,
    doubts_html,
    exact,
    heading,
    note,
    page,
    rounds_html,
    status_line,
    strong,
    warned,
)
from chat_magic.view.summary import (
    choice_facts,
    choice_sparkline,
    notices,
    status_facts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.bundle import RunView
    from chat_magic.view.comparison_model import ComparisonModel, Opens

_BEGINNING = 220
"""Characters of an answer in a cell."""
_MOST_TOKENS = 5_000
"""Tokens in all answers beyond which these are drawn as bare text, to keep a notebook small."""
_CELL = f"padding:6px 10px 6px 10px;text-align:left;vertical-align:top;border:{LINE};font-size:100%"


def comparison_html(
    compared: ComparisonModel,
    *,
    axes: Sequence[Axis] = (),
    opens: Opens = "answers",
    opens_tokens: bool = False,
) -> str:
    """Draw what is compared.

    Args:
        compared: The answers.
        axes: Of the grid that they are.
        opens: What stands first: the answers, or how they differ.
        opens_tokens: Whether the tokens of answers are shown without a click.
    """
    is_grid = is_matrix(axes)
    answers = _matrix(compared, axes, opens_tokens) if is_grid else _columns(compared, opens_tokens)
    is_long = len(compared.comparison.answers) > TABLE_FIRST and not is_grid
    rows = table_html(compared, axes) if compared.several else ""
    shown = [rows, details("answers", answers)] if is_long else [answers]
    if opens == "diff":
        shown = [differences_html(compared), details("answers", "".join(shown))]
    return page(
        "".join([_head(compared), *shown, _below(compared, opens, "" if is_long else rows)])
    )


def _head(compared: ComparisonModel) -> str:
    """Draw the status of a sole run, and how far the answers agree."""
    found, runs = [], compared.runs
    if len(runs) == 1:
        run = runs[0]
        found.append(status_line(run.model, status_facts(run), notices(run)))
        found += [line(warned(run.error))] if run.error else []
        found.append(rounds_html(run.rounds))
    else:
        found += [line(warned(words)) for words in compared.notices]
    if compared.several:
        words = divergence_summary(compared.comparison.branches, show=isolated)
        parts = [f'<span style="{MUTED}">{escape(agreement_words(compared))}</span>']
        parts += [f"<span>{words}</span>"] if words else []
        found.append(line(EM_SPACE.join(reversed(parts))))
    return "".join(found)


def _below(compared: ComparisonModel, opens: Opens, rows: str) -> str:
    """Draw what is a click away: the differences, the trees, the table."""
    parts = []
    if len(compared.groups) > 1:
        parts += [] if opens == "diff" else [details("differences", differences_html(compared))]
        parts += [details("tree", trees)] if (trees := trees_html(compared)) else []
    parts += [details("table", rows)] if rows else []
    choices = [choice for run in compared.runs for choice in run.reply.choices]
    doubts = doubts_html(choices) if len(compared.runs) == 1 else ""
    return doubts + (f'<div style="margin:6px 0 0 0">{"".join(parts)}</div>' if parts else "")


def _columns(compared: ComparisonModel, opens_tokens: bool) -> str:
    if len(compared.runs) > 1:
        return columns([_run(compared, place, opens_tokens) for place in range(len(compared.runs))])
    return columns(_answers(compared, 0, opens_tokens))


def _answers(compared: ComparisonModel, run: int, opens_tokens: bool) -> list[str]:
    """Draw the answers of a run, identical ones once."""
    return [_answer(compared, group, opens_tokens) for group in compared.groups_by_run[run]]


def _answer(compared: ComparisonModel, group: tuple[int, ...], opens_tokens: bool) -> str:
    place = group[0]
    answer, choice = compared.comparison.answers[place], choice_at(compared, place)
    run = compared.runs[answer.run]
    several = len(run.reply.choices) > 1
    usage = None if several else run.reply.usage
    facts = choice_facts(choice, usage) + _alike(compared, group)
    differs = len(compared.groups) > 1 and answer.end > 0
    parting = (answer.start, answer.end) if differs else None
    head = heading(_title(compared, group) if several else None, facts, choice_sparkline(choice))
    if compared.n_tokens > _MOST_TOKENS:
        return head + exact(answer.text) + _joined(figure_words(choice))
    return answer_box(
        choice,
        head,
        prefill=run.prefill,
        parting=parting,
        figures=_joined(figure_words(choice)),
        opens_tokens=opens_tokens,
    )


def _title(compared: ComparisonModel, group: tuple[int, ...]) -> str:
    """Name identical answers: the first, and how many there are."""
    index = choice_at(compared, group[0]).index
    return f"{index} {times(len(group))}".strip()


def _alike(compared: ComparisonModel, group: tuple[int, ...]) -> list[str]:
    """Say which other answers are the same, of this run or of another."""
    whole = compared.group_of[group[0]]
    answers = compared.comparison.answers
    own = [str(choice_at(compared, place).index) for place in group[1:]]
    others = [compared.titles[p] for p in whole if answers[p].run != answers[group[0]].run]
    same = [*own, *others]
    more = f" and {len(same) - 4} more" if len(same) > 4 else ""
    return [f"same as {', '.join(same[:4])}{more}"] if same else []


def _joined(words: Sequence[str]) -> str:
    """Draw facts in a muted line that breaks between them only; nothing where there is none."""
    if not words:
        return ""
    spans = EN_SPACE.join(unbroken(escape(each)) for each in words)
    return f'<div style="{SMALL};{MUTED};margin:0 0 4px 0">{spans}</div>'


def _run(compared: ComparisonModel, place: int, opens_tokens: bool) -> str:
    """Draw one of several runs: its status, its answers one below the other, or why it failed."""
    run = compared.runs[place]
    return "".join(
        [
            status_line(compared.run_titles[place], run_words(run)),
            *_troubles(compared, run),
            rounds_html(run.rounds),
            *(_answers(compared, place, opens_tokens) or [note("no answer")]),
        ]
    )


def _troubles(compared: ComparisonModel, run: RunView) -> list[str]:
    """Draw why a run failed, and its notices that not all have."""
    own = [words for words in notices(run) if words not in compared.notices]
    return [line(warned(words)) for words in [*([run.error] if run.error else []), *own]]


def _matrix(compared: ComparisonModel, axes: Sequence[Axis], opens_tokens: bool) -> str:
    """Draw a grid of small multiples: cells in a row, or rows and columns of cells."""
    cells = [_cell(compared, place, opens_tokens) for place in range(len(compared.runs))]
    if len(axes) == 1:
        titles = [value_title(axes[0].name, title) for title in axes[0].titles]
        named = [strong(title) + cell for title, cell in zip(titles, cells, strict=True)]
        return columns(named)
    *down, across = axes
    rows = [
        " · ".join(value_title(axis.name, title) for axis, title in zip(down, titles, strict=True))
        for titles in product(*(axis.titles for axis in down))
    ]
    width = len(across.titles)
    drawn = table(
        ["", *(strong(value_title(across.name, title)) for title in across.titles)],
        [
            [unbroken(strong(title)), *cells[row * width :][:width]]
            for row, title in enumerate(rows)
        ],
        cell=_CELL,
        title="font-weight:normal",
        size="100%",
    )
    return f'<div style="overflow-x:auto">{drawn}</div>'


def _cell(compared: ComparisonModel, place: int, opens_tokens: bool) -> str:
    """Draw a run in a few lines: how its answer begins, its figures; all of it is a click away."""
    run = compared.runs[place]
    troubles = "".join(_troubles(compared, run))
    groups = compared.groups_by_run[place]
    if not groups:
        return troubles + ("" if run.error else note("no answer"))
    first = groups[0][0]
    choice = choice_at(compared, first)
    count = len(run.reply.choices)
    words = [f"{len(groups[0])} of {count} choices"] if count > 1 else []
    words += choice_facts(choice, run.reply.usage if count == 1 else None)
    words += figure_words(choice)[:2]
    begun = beginning_html(compared, first, _BEGINNING)
    whole = "".join(_answers(compared, place, opens_tokens))
    return (
        f'{troubles}<div style="margin:2px 0 4px 0;min-width:170px">{begun}</div>{_joined(words)}'
        + details("the whole answer", line(escape(" · ".join(run_words(run)))) + whole)
    )
