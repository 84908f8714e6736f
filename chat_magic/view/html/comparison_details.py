"""What is a click away from compared answers, as static HTML: differences, trees, the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.comparison_model import (
    answer_key,
    choice_at,
    excerpt,
    key_names,
    run_key,
    signed,
    times,
)
from chat_magic.view.differences import differences
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import CELL, table
from chat_magic.view.html.markdown import RINGED
from chat_magic.view.html.result_html import (
    EM_SPACE,
    EN_SPACE,
    EXACT,
    LINE,
    MUTED,
    SMALL,
    heading,
    note,
    strong,
    warned,
)
from chat_magic.view.summary import money, number, percent
from chat_magic.view.text.tree_lines import branches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.comparison_model import ComparisonModel
    from chat_magic.view.differences import Difference, Kind
    from chat_magic.view.text.tree_lines import TreeLine

_ROW_TEXT = 90
"""Characters of an answer in a row of the table."""
_LONGEST_TREE = 60
"""Lines of a tree."""
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


def line(content: str) -> str:
    """Draw a line of its own."""
    return f'<div style="{SMALL};margin:0 0 6px 0">{content}</div>'


def unbroken(content: str) -> str:
    """Keep HTML in one line."""
    return f'<span style="white-space:nowrap">{content}</span>' if content else ""


def beginning_html(compared: ComparisonModel, place: int, most: int) -> str:
    """Draw how an answer begins, in so many characters, and where it parts."""
    styles = {"shared": MUTED, "parting": RINGED}
    drawn = []
    for kind, text in excerpt(compared.comparison.answers[place], most):
        ink = text.strip()
        if kind == "own" or not ink:
            drawn.append(escape(text))
            continue
        before, _, after = text.partition(ink)
        drawn.append(f'{before}<span style="{styles[kind]}">{escape(ink)}</span>{after}')
    return "".join(drawn) or note("empty answer")


def differences_html(compared: ComparisonModel) -> str:
    """Draw every other distinct answer against the base."""
    found, more = differences(compared)
    if not found:
        return line(f'<span style="{MUTED}">the answers are the same</span>')
    base = compared.titles[compared.base]
    legend = f"against {strong(base)}{EM_SPACE}{_WORDS['insert']}{EN_SPACE}{_WORDS['delete']}"
    boxes = "".join(_difference(compared, each) for each in found)
    rest = (
        f'<div style="{SMALL};{MUTED}">{more} more answers are in the table</div>' if more else ""
    )
    frame = f"border:{LINE};border-radius:6px;margin:0 0 8px 0"
    return f'{line(legend)}<div style="{frame}">{boxes}</div>{rest}'


def _difference(compared: ComparisonModel, difference: Difference) -> str:
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


def trees_html(compared: ComparisonModel) -> str:
    """Draw the tree of each run whose answers part."""
    drawn, before = [], 0
    for place, (tree, run) in enumerate(zip(compared.trees, compared.runs, strict=True)):
        choices = run.reply.choices
        before += len(choices)
        if len(tree) > 1:
            lines = branches(tree, [str(choice.index) for choice in choices])
            title = [strong(compared.run_titles[place])] if len(compared.runs) > 1 else []
            drawn += [*map(line, title), _tree(lines)]
    return "".join(drawn)


def _tree(lines: Sequence[TreeLine]) -> str:
    text = "\n".join(
        f'<span style="{MUTED}">{line.lines}{escape(line.facts)}</span>{EN_SPACE}'
        + (strong(line.token) if line.token else "")
        + f'<span style="{MUTED}">{escape(line.rest)}</span>'
        for line in lines[:_LONGEST_TREE]
    )
    more = len(lines) - _LONGEST_TREE
    text += f"\n{more} more lines" if more > 0 else ""
    return f'<pre style="{_TREE}">{text}</pre>'


def table_html(compared: ComparisonModel, axes: Sequence[Axis]) -> str:
    """Draw a row for each distinct answer of a run, with its figures, or why a run has none."""
    several = len(compared.runs) > 1
    names = [*key_names(compared, axes), "", "ended", "tokens", "perplexity", "mean", "least"]
    names += ["bits/byte", "time", "in · out", "cost"] if several else []
    rows = []
    for place, run in enumerate(compared.runs):
        groups = compared.groups_by_run[place]
        rows += [_row(compared, group, axes) for group in groups]
        if not groups:
            keys = [strong(key) for key in run_key(compared, place, axes)]
            blank = [""] * (len(names) - len(keys))
            rows.append([*keys, *blank, warned(run.error or "no answer")])
    used = [place for place, _ in enumerate(names) if any(row[place] for row in rows)]
    rows = [[*(row[place] for place in used), row[-1]] for row in rows]
    drawn = table([*(escape(names[place]) for place in used), "answer"], rows, cell=CELL)
    return f'<div style="overflow-x:auto">{drawn}</div>'


def _row(compared: ComparisonModel, group: tuple[int, ...], axes: Sequence[Axis]) -> list[str]:
    place = group[0]
    answer, choice = compared.comparison.answers[place], choice_at(compared, place)
    run = compared.runs[answer.run]
    usage = run.reply.usage if len(run.reply.choices) == 1 else None
    found = choice_metrics(choice, usage)
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
    return [*map(unbroken, cells), f"<bdi>{beginning_html(compared, place, _ROW_TEXT)}</bdi>"]
