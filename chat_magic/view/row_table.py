"""The table of a grid with rows: the data's own columns, and a cell for each row and variant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.cell.grid import columns_of
from chat_magic.core.cell.variants import row_axis_of, variant_titles
from chat_magic.view.excerpt import one_line
from chat_magic.view.summary import calls_of, money, notices, unsure_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import Choice
    from chat_magic.view.bundle import RunView

MOST_ROWS = 200
"""Rows that static pictures show; the others are counted."""
EXCERPT = 200
"""Characters of an answer, or of a value of the data, in a cell."""
_SURE = 0.5
"""The probability below which the likeliest label is unsure."""

State = Literal["failing", "mixed", "unsure"]
"""What a table can be filtered by: a failed request or check, choices that differ, and a label or
token that was less likely than all others together."""
Outcome = Literal["passed", "failed", "unknown"]
SYMBOLS: Mapping[Outcome, str] = {"passed": "✓", "failed": "✗", "unknown": "!"}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a check says of an answer."""

    check: str
    """Its name."""
    outcome: Outcome

    @property
    def symbol(self) -> str:
        """A character that says the outcome without colour."""
        return SYMBOLS[self.outcome]


@dataclass(frozen=True, kw_only=True)
class RowCell:
    """What a cell shows of the answer to one row in one variant."""

    text: str
    """The beginning of its first choice, in one line; why it failed if it has none."""
    n_choices: int
    n_distinct: int
    is_failed: bool = False
    label: str | None = None
    """The likeliest label."""
    prob: float | None = None
    """Its probability."""
    marks: tuple[Mark, ...] = ()
    states: tuple[State, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DataColumn:
    """A column of the data, its values as text."""

    name: str
    values: tuple[str, ...]
    is_number: bool
    """Whether they sort as numbers."""


@dataclass(frozen=True, kw_only=True)
class RowTable:
    """A row for each row of the data, and a column for each variant."""

    index: str
    titles: tuple[str, ...]
    """Of the rows."""
    columns: tuple[DataColumn, ...]
    variants: tuple[str, ...]
    variant_facts: tuple[tuple[str, ...], ...]
    """For each variant, what its header says below its title."""
    cells: tuple[RowCell, ...]
    """Row by row; those of a row in the order of the variants."""
    facts: tuple[str, ...]
    """What holds for the whole table."""
    notices: tuple[str, ...]

    def cells_of(self, row: int) -> Sequence[RowCell]:
        """Return the cells of a row."""
        width = len(self.variants)
        return self.cells[row * width : (row + 1) * width]


def row_table(
    runs: Sequence[RunView],
    axes: Sequence[Axis],
    variant_facts: Sequence[Sequence[str]] = (),
) -> RowTable:
    """Return the table of runs that have an axis of rows.

    Args:
        runs: In row-major order of the axes, rows first.
        axes: The axes.
        variant_facts: What the headers of the variants say below their titles, if anything.
    """
    rows = row_axis_of(axes)
    titles = variant_titles(axes)
    likeliest = _likeliest_labels(runs)
    cells = tuple(row_cell(run, *likeliest.get(at, (None, None))) for at, run in enumerate(runs))
    said = dict.fromkeys(notice for run in runs for notice in notices(run))
    return RowTable(
        index=rows.name if rows else "",
        titles=rows.titles if rows else (),
        columns=tuple(_data_columns(rows)) if rows else (),
        variants=titles,
        variant_facts=tuple(map(tuple, variant_facts)) or tuple(() for _ in titles),
        cells=cells,
        facts=tuple(_facts(runs, axes)),
        notices=tuple(said),
    )


def row_cell(run: RunView, label: str | None = None, prob: float | None = None) -> RowCell:
    """Return what a cell shows of a run.

    Args:
        run: The run.
        label: Its likeliest label, if it has labels.
        prob: The probability of that.
    """
    choices = run.reply.choices
    texts = [choice.text for choice in choices]
    is_failed = run.error is not None
    states: list[State] = []
    if is_failed or any(mark.outcome != "passed" for mark in run.marks):
        states.append("failing")
    if len(set(texts)) > 1:
        states.append("mixed")
    is_unsure = (
        bool(unsure_summary(choices[:1], json_prefill=run.json_prefill))
        if prob is None
        else prob < _SURE
    )
    if is_unsure:
        states.append("unsure")
    text = run.error if is_failed and not any(texts) else _excerpt(choices[0] if choices else None)
    return RowCell(
        text=cut(text or ""),
        n_choices=len(choices),
        n_distinct=len(set(texts)),
        is_failed=is_failed,
        label=label,
        prob=prob,
        marks=run.marks,
        states=tuple(states),
    )


def _excerpt(choice: Choice | None) -> str:
    if choice is None:
        return ""
    called = ", ".join(f"{call.called.name}(…)" for call in calls_of(choice))
    return choice.text or choice.refusal or called


def cut(text: str) -> str:
    """Return a text in one line, cut to the length of an excerpt."""
    line = one_line(text.strip()[: 4 * EXCERPT])
    return line if len(line) <= EXCERPT else f"{line[: EXCERPT - 1]}…"


def cell_note(cell: RowCell) -> str:
    """Return what a cell says besides its text: the marks of checks, and its facts."""
    marks = "".join(mark.symbol for mark in cell.marks)
    return " · ".join([*([marks] if marks else []), *cell_facts(cell)])


def cell_facts(cell: RowCell) -> list[str]:
    """Return the likeliest label of a cell, and how many of its choices differ, in words."""
    label = "" if cell.prob is None else f"{cell.label} {cell.prob:.0%}"
    choices = f"{cell.n_distinct} of {cell.n_choices} differ" if cell.n_distinct > 1 else ""
    return [fact for fact in (label, choices) if fact]


def _likeliest_labels(runs: Sequence[RunView]) -> dict[int, tuple[str, float]]:
    """Return the likeliest label of the first choice of each run that has labels, and its p."""
    labels = next((run.labels for run in runs if run.labels is not None), None)
    if labels is None:
        return {}
    from chat_magic.analysis.labels import labels_table
    from chat_magic.analysis.reply_columns import read_replies

    table = labels_table(
        read_replies([run.reply for run in runs]),
        labels.labels,
        attrs={},
        at=labels.at,
        prefill=[run.prefill for run in runs],
    )
    known = table.drop_duplicates("run").set_index("run")[list(labels.labels)].dropna()
    best = zip(known.index.tolist(), known.idxmax(axis=1), known.max(axis=1), strict=True)
    return {run: (str(label), float(prob)) for run, label, prob in best}


def _data_columns(rows: Axis) -> Iterator[DataColumn]:
    for name in columns_of([rows]):
        values = [row.get(name) for row in rows.values]
        yield DataColumn(
            name=cut(str(name)),
            values=tuple("" if value is None else cut(str(value)) for value in values),
            is_number=all(_is_number(value) for value in values),
        )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _facts(runs: Sequence[RunView], axes: Sequence[Axis]) -> Iterator[str]:
    yield " \N{MULTIPLICATION SIGN} ".join(axis.size for axis in axes)
    models = list(dict.fromkeys(run.model for run in runs))
    if not any(axis.kind == "model" for axis in axes):
        yield from [*models[:3], *([f"{len(models) - 3} more models"] if len(models) > 3 else [])]
    states = Counter(run.error is not None for run in runs)
    if states[True]:
        yield f"{states[True]} failed"
    costs = [run.cost for run in runs if run.reply.choices]
    if costs and None not in costs:
        yield money(sum(cost for cost in costs if cost is not None))
