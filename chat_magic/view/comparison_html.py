"""Answers beside each other as static HTML: columns or a matrix, differences, tree and table."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from chat_magic.view.comparison import (
    agreement_words,
    answer_key,
    beginning,
    branches,
    chip,
    choice_at,
    figure_words,
    groups_of,
    is_matrix,
    key_names,
    run_key,
    run_words,
    shared_notices,
    signed,
    times,
    value_title,
)
from chat_magic.view.differences import differences
from chat_magic.view.escape import escape
from chat_magic.view.figures import figures
from chat_magic.view.html import (
    EM_SPACE,
    EN_SPACE,
    EXACT,
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
from chat_magic.view.markdown import RINGED
from chat_magic.view.pieces import tokens_of
from chat_magic.view.summary import (
    choice_facts,
    choice_sparkline,
    money,
    notices,
    number,
    percent,
    status_facts,
)
from chat_magic.view.table import CELL, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.grid import Axis
    from chat_magic.view.bundle import Run
    from chat_magic.view.comparison import Branch, Compared, Opens
    from chat_magic.view.differences import Difference, Kind

TABLE_FIRST = 12
"""Answers beyond which a table says more than columns."""
_BEGINNING = 220
"""Characters of an answer in a cell."""
_ROW_TEXT = 90
"""Characters of an answer in a row of the table."""
_LONGEST_TREE = 60
"""Lines of a tree."""
_MOST_TOKENS = 5_000
"""Tokens in all answers beyond which these are drawn as bare text, to keep a notebook small."""
_MOST_PAINTED = 60
"""Changes beyond which they are underlined and struck through, but not painted."""
_CHANGED = {
    "same": MUTED,
    "insert": "background-color:rgba(46,139,208,0.20);border-radius:2px",
    "delete": f"background-color:rgba(127,127,127,0.16);border-radius:2px;{MUTED}",
}
_WORDS = {
    "insert": f'<ins style="{_CHANGED["insert"]}">only here</ins>',
    "delete": f'<del style="{_CHANGED["delete"]}">only in the base</del>',
}
_TREE = (
    "margin:4px 0 8px 0;padding:0;font-family:monospace;font-size:90%;line-height:1.5;"
    "white-space:pre;overflow-x:auto;background-color:transparent"
)
_CELL = f"padding:6px 10px 6px 10px;text-align:left;vertical-align:top;border:{LINE};font-size:100%"


def comparison_html(
    compared: Compared,
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
    rows = _table(compared, axes) if compared.several else ""
    shown = [rows, details("answers", answers)] if is_long else [answers]
    if opens == "diff":
        shown = [_differences(compared), details("answers", "".join(shown))]
    return page(
        "".join([_head(compared), *shown, _below(compared, opens, "" if is_long else rows)])
    )


def _head(compared: Compared) -> str:
    """Draw the status of a sole run, and how far the answers agree."""
    found, runs = [], compared.runs
    if len(runs) == 1:
        run = runs[0]
        found.append(status_line(run.model, status_facts(run), notices(run)))
        found += [_line(warned(run.error))] if run.error else []
        found.append(rounds_html(run.rounds))
    else:
        found += [_line(warned(words)) for words in shared_notices(runs)]
    if compared.several:
        words = chip(compared.comparison.ways)
        parts = [f'<span style="{MUTED}">{escape(agreement_words(compared))}</span>']
        parts += [f"<span>{escape(words)}</span>"] if words else []
        found.append(_line(EM_SPACE.join(reversed(parts))))
    return "".join(found)


def _line(content: str) -> str:
    return f'<div style="{SMALL};margin:0 0 6px 0">{content}</div>'


def _below(compared: Compared, opens: Opens, rows: str) -> str:
    """Draw what is a click away: the differences, the trees, the table."""
    parts = []
    if len(groups_of(compared)) > 1:
        parts += [] if opens == "diff" else [details("differences", _differences(compared))]
        parts += [details("tree", trees)] if (trees := _trees(compared)) else []
    parts += [details("table", rows)] if rows else []
    choices = [choice for run in compared.runs for choice in run.reply.choices]
    doubts = doubts_html(choices) if len(compared.runs) == 1 else ""
    return doubts + (f'<div style="margin:6px 0 0 0">{"".join(parts)}</div>' if parts else "")


def _columns(compared: Compared, opens_tokens: bool) -> str:
    if len(compared.runs) > 1:
        return columns([_run(compared, place, opens_tokens) for place in range(len(compared.runs))])
    return columns(_answers(compared, 0, opens_tokens))


def _answers(compared: Compared, run: int, opens_tokens: bool) -> list[str]:
    """Draw the answers of a run, identical ones once."""
    return [_answer(compared, group, opens_tokens) for group in groups_of(compared, run)]


def _answer(compared: Compared, group: tuple[int, ...], opens_tokens: bool) -> str:
    place = group[0]
    answer, choice = compared.comparison.answers[place], choice_at(compared, place)
    run = compared.runs[answer.run]
    several = len(run.reply.choices) > 1
    usage = None if several else run.reply.usage
    facts = choice_facts(choice, usage) + _alike(compared, group)
    parting = None if len(groups_of(compared)) == 1 else (answer.start, answer.end)
    head = heading(_title(compared, group) if several else None, facts, choice_sparkline(choice))
    if _is_large(compared):
        return head + exact(answer.text) + _joined(figure_words(choice))
    return answer_box(
        choice,
        head,
        prefill=run.prefill,
        parting=parting,
        figures=_joined(figure_words(choice)),
        opens_tokens=opens_tokens,
    )


def _is_large(compared: Compared) -> bool:
    choices = (choice for run in compared.runs for choice in run.reply.choices)
    return sum(len(tokens_of(choice)) for choice in choices) > _MOST_TOKENS


def _title(compared: Compared, group: tuple[int, ...]) -> str:
    """Name identical answers: the first, and how many there are."""
    index = choice_at(compared, group[0]).index
    return f"{index} {times(len(group))}".strip()


def _alike(compared: Compared, group: tuple[int, ...]) -> list[str]:
    """Say which other answers are the same, of this run or of another."""
    whole = next(each for each in compared.comparison.groups if group[0] in each)
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
    spans = EN_SPACE.join(_unbroken(escape(each)) for each in words)
    return f'<div style="{SMALL};{MUTED};margin:0 0 4px 0">{spans}</div>'


def _run(compared: Compared, place: int, opens_tokens: bool) -> str:
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


def _troubles(compared: Compared, run: Run) -> list[str]:
    """Draw why a run failed, and its notices that not all have."""
    shared = shared_notices(compared.runs)
    own = [words for words in notices(run) if words not in shared]
    return [_line(warned(words)) for words in [*([run.error] if run.error else []), *own]]


def _unbroken(content: str) -> str:
    """Keep HTML in one line."""
    return f'<span style="white-space:nowrap">{content}</span>' if content else ""


def _matrix(compared: Compared, axes: Sequence[Axis], opens_tokens: bool) -> str:
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
            [_unbroken(strong(title)), *cells[row * width :][:width]]
            for row, title in enumerate(rows)
        ],
        cell=_CELL,
        title="font-weight:normal",
        size="100%",
    )
    return f'<div style="overflow-x:auto">{drawn}</div>'


def _cell(compared: Compared, place: int, opens_tokens: bool) -> str:
    """Draw a run in a few lines: how its answer begins, its figures; all of it is a click away."""
    run = compared.runs[place]
    troubles = "".join(_troubles(compared, run))
    groups = groups_of(compared, place)
    if not groups:
        return troubles + ("" if run.error else note("no answer"))
    first = groups[0][0]
    choice = choice_at(compared, first)
    count = len(run.reply.choices)
    words = [f"{len(groups[0])} of {count} choices"] if count > 1 else []
    words += choice_facts(choice, run.reply.usage if count == 1 else None)
    words += figure_words(choice)[:2]
    begun = _beginning(compared, first, _BEGINNING)
    whole = "".join(_answers(compared, place, opens_tokens))
    return (
        f'{troubles}<div style="margin:2px 0 4px 0;min-width:170px">{begun}</div>{_joined(words)}'
        + details("the whole answer", _line(escape(" · ".join(run_words(run)))) + whole)
    )


def _beginning(compared: Compared, place: int, most: int) -> str:
    styles = {"shared": MUTED, "parting": RINGED}
    drawn = []
    for kind, text in beginning(compared.comparison.answers[place], most):
        ink = text.strip()
        if kind == "own" or not ink:
            drawn.append(escape(text))
            continue
        before, _, after = text.partition(ink)
        drawn.append(f'{before}<span style="{styles[kind]}">{escape(ink)}</span>{after}')
    return "".join(drawn) or note("empty answer")


def _differences(compared: Compared) -> str:
    """Draw every other distinct answer against the base."""
    found, more = differences(compared)
    if not found:
        return _line(f'<span style="{MUTED}">the answers are the same</span>')
    base = compared.titles[compared.base]
    legend = f"against {strong(base)}{EM_SPACE}{_WORDS['insert']}{EN_SPACE}{_WORDS['delete']}"
    boxes = "".join(_difference(compared, each) for each in found)
    rest = (
        f'<div style="{SMALL};{MUTED}">{more} more answers are in the table</div>' if more else ""
    )
    frame = f"border:{LINE};border-radius:6px;margin:0 0 8px 0"
    return f'{_line(legend)}<div style="{frame}">{boxes}</div>{rest}'


def _difference(compared: Compared, difference: Difference) -> str:
    title = compared.titles[difference.places[0]]
    name = f"{title} {times(len(difference.places))}"
    if difference.fields:
        rows = [
            (
                f'<span style="font-family:monospace">{escape(each.pointer or "/")}</span>',
                "" if each.before is None else _changed("delete", each.before),
                "" if each.after is None else _changed("insert", each.after),
            )
            for each in difference.fields
        ]
        body = table(("field", "base", "here"), rows)
    else:
        paints = len(difference.changes) <= _MOST_PAINTED
        body = "".join(_changed(kind, text, paints) for kind, text in difference.changes)
        body = f'<div style="{EXACT}">{body or "the same values in another spelling"}</div>'
    return f'<div style="padding:6px 14px;border-bottom:{LINE}">{heading(name, [])}{body}</div>'


def _changed(kind: Kind, text: str, paints: bool = True) -> str:
    style = f' style="{_CHANGED[kind]}"' if paints and kind != "left out" else ""
    if kind == "same":
        return f"<span{style}>{escape(text)}</span>" if style else escape(text)
    if kind == "left out":
        return f'<span style="{SMALL};{MUTED};font-style:italic"> … {escape(text)} … </span>'
    tag = "ins" if kind == "insert" else "del"
    shown = text if text.strip() else text.replace("\n", "↵\n")
    return f"<{tag}{style}>{escape(shown, hidden=True)}</{tag}>"


def _trees(compared: Compared) -> str:
    """Draw the tree of each run whose answers part."""
    drawn, before = [], 0
    for place, (tree, run) in enumerate(zip(compared.trees, compared.runs, strict=True)):
        choices = run.reply.choices
        before += len(choices)
        if len(tree) > 1:
            lines = branches(tree, [str(choice.index) for choice in choices])
            title = [strong(compared.run_titles[place])] if len(compared.runs) > 1 else []
            drawn += [*map(_line, title), _tree(lines)]
    return "".join(drawn)


def _tree(lines: Sequence[Branch]) -> str:
    text = "\n".join(
        f'<span style="{MUTED}">{line.lines}{escape(line.facts)}</span>{EN_SPACE}'
        + (strong(line.token) if line.token else "")
        + f'<span style="{MUTED}">{escape(line.rest)}</span>'
        for line in lines[:_LONGEST_TREE]
    )
    more = len(lines) - _LONGEST_TREE
    text += f"\n{more} more lines" if more > 0 else ""
    return f'<pre style="{_TREE}">{text}</pre>'


def _table(compared: Compared, axes: Sequence[Axis]) -> str:
    """Draw a row for each distinct answer of a run, with its figures, or why a run has none."""
    several = len(compared.runs) > 1
    names = [*key_names(compared, axes), "", "ended", "tokens", "perplexity", "mean", "least"]
    names += ["bits/byte", "time", "in · out", "cost"] if several else []
    rows = []
    for place, run in enumerate(compared.runs):
        groups = groups_of(compared, place)
        rows += [_row(compared, group, axes) for group in groups]
        if not groups:
            keys = [strong(key) for key in run_key(compared, place, axes)]
            blank = [""] * (len(names) - len(keys))
            rows.append([*keys, *blank, warned(run.error or "no answer")])
    used = [place for place, _ in enumerate(names) if any(row[place] for row in rows)]
    rows = [[*(row[place] for place in used), row[-1]] for row in rows]
    drawn = table([*(escape(names[place]) for place in used), "answer"], rows, cell=CELL)
    return f'<div style="overflow-x:auto">{drawn}</div>'


def _row(compared: Compared, group: tuple[int, ...], axes: Sequence[Axis]) -> list[str]:
    place = group[0]
    answer, choice = compared.comparison.answers[place], choice_at(compared, place)
    run = compared.runs[answer.run]
    usage = run.reply.usage if len(run.reply.choices) == 1 else None
    found = figures(choice, usage)
    cells = [
        *map(strong, answer_key(compared, place, axes)),
        times(len(group)),
        escape(choice.finish_reason or ""),
        "" if found.n_tokens is None else str(found.n_tokens),
        "" if found.perplexity is None else f"{found.perplexity:.2f}",
        "" if found.mean_logprob is None else signed(found.mean_logprob),
        "" if found.min_prob is None else f"{percent(found.min_prob)} %",
    ]
    if len(compared.runs) > 1:
        sent = run.usage
        cells += [
            "" if found.bits_per_byte is None else f"{found.bits_per_byte:.2f}",
            f"{number(run.timing.total_s)} s",
            f"{sent.prompt_tokens} · {sent.completion_tokens}" if sent else "",
            "" if run.cost is None else money(run.cost),
        ]
    return [*map(_unbroken, cells), f"<bdi>{_beginning(compared, place, _ROW_TEXT)}</bdi>"]
