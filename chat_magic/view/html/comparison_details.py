"""The parts of a comparison that open with a click, as HTML: differences, trees, the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.answer_table import answer_table
from chat_magic.view.comparison_summary import times
from chat_magic.view.differences import differences, replaces_without_space
from chat_magic.view.excerpt import excerpt
from chat_magic.view.html.elements import (
    EM_SPACE,
    EN_SPACE,
    EXACT,
    LINE,
    MUTED,
    SMALL,
    heading,
    line,
    note,
    nowrap,
    strong,
    warning_html,
)
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import table
from chat_magic.view.html.markdown import RINGED
from chat_magic.view.summary import percent
from chat_magic.view.tree_lines import tree_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.view.answer_table import AnswerRow
    from chat_magic.view.comparison_model import ComparisonModel
    from chat_magic.view.differences import Difference, Kind
    from chat_magic.view.tree_lines import TreeLine

_ROW_TEXT = 90
"""Characters of an answer in a row of the table."""
_LONGEST_TREE = 60
"""Lines of a tree."""
_MOST_COLORED = 60
"""Changes beyond which they are underlined or struck through without a background."""
_CHANGE_STYLES = {
    "same": MUTED,
    "insert": "background-color:rgba(46,139,208,0.20);border-radius:2px",
    "delete": f"background-color:rgba(127,127,127,0.16);border-radius:2px;{MUTED}",
}
_LEGEND = {
    "insert": f'<ins style="{_CHANGE_STYLES["insert"]}">only here</ins>',
    "delete": f'<del style="{_CHANGE_STYLES["delete"]}">only in the base</del>',
}
_TREE = (
    "margin:4px 0 8px 0;padding:0;font-family:monospace;font-size:90%;line-height:1.5;"
    "white-space:pre;overflow-x:auto;background-color:transparent"
)


def excerpt_html(comparison: ComparisonModel, position: int, most: int) -> str:
    """Draw an answer shortened to one line, with a ring around the token at the divergence."""
    styles = {"shared": MUTED, "divergence": RINGED}
    parts = []
    for kind, text in excerpt(comparison.analysis.answers[position], most):
        ink = text.strip()
        if kind == "rest" or not ink:
            parts.append(escape(text))
            continue
        before, _, after = text.partition(ink)
        parts.append(f'{before}<span style="{styles[kind]}">{escape(ink)}</span>{after}')
    return "".join(parts) or note("empty answer")


def differences_html(comparison: ComparisonModel) -> str:
    """Draw every other distinct answer as changes to the base."""
    shown, n_more = differences(comparison)
    if not shown:
        return line(f'<span style="{MUTED}">the answers are identical</span>')
    base = strong(comparison.titles[comparison.base])
    legend = f"compared with {base}{EM_SPACE}{_LEGEND['insert']}{EN_SPACE}{_LEGEND['delete']}"
    boxes = "".join(_difference(comparison, difference) for difference in shown)
    more = f"{n_more} more answers are in the table" if n_more else ""
    rest = f'<div style="{SMALL};{MUTED}">{more}</div>' if more else ""
    frame = f"border:{LINE};border-radius:6px;margin:0 0 8px 0"
    return f'{line(legend)}<div style="{frame}">{boxes}</div>{rest}'


def _difference(comparison: ComparisonModel, difference: Difference) -> str:
    title = comparison.titles[difference.positions[0]]
    head = heading(f"{title} {times(len(difference.positions))}", [])
    body = _fields(difference) if difference.fields else changes_html(difference.changes)
    little = note(_shares_little(comparison, difference)) if difference.shares_little else ""
    return f'<div style="padding:6px 14px;border-bottom:{LINE}">{head}{little}{body}</div>'


def _shares_little(comparison: ComparisonModel, difference: Difference) -> str:
    words = f"the texts share little ({percent(difference.shared)})"
    return (
        words if comparison.by == "sentence" else f'{words}: .compare(by="sentence") reads better'
    )


def _fields(difference: Difference) -> str:
    rows = [
        (
            f'<span style="font-family:monospace">{escape(field.pointer or "/")}</span>',
            "" if field.before is None else _change("delete", field.before),
            "" if field.after is None else _change("insert", field.after),
        )
        for field in difference.fields
    ]
    return table(("field", "base", "here"), rows)


def changes_html(changes: Sequence[tuple[Kind, str]]) -> str:
    """Draw the changes of a text in reading order; what replaces a text without a space has one."""
    is_colored = len(changes) <= _MOST_COLORED
    before = [("same", ""), *changes]
    html = "".join(
        (" " if replaces_without_space(former, change) else "") + _change(*change, is_colored)
        for former, change in zip(before, changes, strict=False)
    )
    return f'<div style="{EXACT}">{html or "the same values, written differently"}</div>'


def _change(kind: Kind, text: str, is_colored: bool = True) -> str:
    style = f' style="{_CHANGE_STYLES[kind]}"' if is_colored and kind != "left out" else ""
    if kind == "same":
        return f"<span{style}>{escape(text)}</span>" if style else escape(text)
    if kind == "left out":
        return f'<span style="{SMALL};{MUTED};font-style:italic"> … {escape(text)} … </span>'
    tag = "ins" if kind == "insert" else "del"
    shown = text if text.strip() else text.replace("\n", "↵\n")
    return f"<{tag}{style}>{escape(shown, hidden=True)}</{tag}>"


def trees_html(comparison: ComparisonModel) -> str:
    """Draw the tree of each run whose answers diverge."""
    parts = []
    for number, (tree, run) in enumerate(zip(comparison.trees, comparison.runs, strict=True)):
        if len(tree) > 1:
            lines = tree_lines(tree, [str(choice.index) for choice in run.reply.choices])
            if len(comparison.runs) > 1:
                parts.append(line(strong(comparison.run_titles[number])))
            parts.append(_tree(lines))
    return "".join(parts)


def _tree(lines: Sequence[TreeLine]) -> str:
    text = "\n".join(
        f'<span style="{MUTED}">{tree_line.indent}{escape(tree_line.facts)}</span>{EN_SPACE}'
        + (strong(tree_line.token) if tree_line.token else "")
        + f'<span style="{MUTED}">{escape(tree_line.rest)}</span>'
        for tree_line in lines[:_LONGEST_TREE]
    )
    n_more = len(lines) - _LONGEST_TREE
    text += f"\n{n_more} more lines" if n_more > 0 else ""
    return f'<pre style="{_TREE}">{text}</pre>'


def table_html(comparison: ComparisonModel, axes: Sequence[Axis]) -> str:
    """Draw a row for each distinct answer of a run, with its metrics, or why a run has none."""
    answers = answer_table(comparison, axes)
    titles = [*map(escape, answers.key_columns), *answers.columns, "answer"]
    rows = [
        [
            *(nowrap(strong(part)) for part in row.key),
            *(nowrap(escape(row.cells.get(name, ""))) for name in answers.columns),
            _last_cell(comparison, row),
        ]
        for row in answers.rows
    ]
    return table(titles, rows)


def _last_cell(comparison: ComparisonModel, row: AnswerRow) -> str:
    if row.position is None:
        return warning_html(row.problem or "")
    return f"<bdi>{excerpt_html(comparison, row.position, _ROW_TEXT)}</bdi>"
