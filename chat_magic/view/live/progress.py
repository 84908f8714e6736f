"""The progress of answers while they stream, drawn as escaped text: one request, or a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Protocol

from chat_magic.core.cell.variants import row_axis_of
from chat_magic.view.comparison_model import value_title
from chat_magic.view.html.elements import (
    EXACT,
    LINE,
    LIVE,
    MEASURE,
    MOST_COLUMNS,
    SMALL,
    heading,
    page,
    state_html,
    status_line,
)
from chat_magic.view.html.escape import escape
from chat_magic.view.html.result_html import rounds_html
from chat_magic.view.live.live_stream import LiveAnswer, LiveMatrix, LiveState
from chat_magic.view.live.row_progress import rows_html
from chat_magic.view.summary import number, speed_facts
from chat_magic.view.text.result_text import answer_text, choice_title, rounds_text, terminal_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.reply import TokenLogprob
    from chat_magic.core.reply.tool_rounds import ToolRound

_TAIL = 2_000
"""Characters of the plain text, which is shown only briefly, and only without HTML."""
_MOST_WHOLE = 12
"""Answers up to which each is shown whole; of more, a matrix shows the end of each."""
_MOST_CELLS = 200
"""Runs up to which there is a matrix; of more, only those being answered are listed."""
_MATRIX_CHARACTERS = 12_000
"""Characters of all answers in a matrix."""
_SHORTEST_TAIL, _LONGEST_TAIL = 40, 400
"""Characters of the end of each answer."""
_CELL = f"text-align:left;vertical-align:top;padding:4px 8px;border:{LINE}"


class Drawable(Protocol):
    """Progress that a display can draw."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was started."""

    @property
    def has_text(self) -> bool:
        """Whether any answer has text."""

    @property
    def terminal_text(self) -> str:
        """The text that a terminal prints so far."""

    @property
    def transient_note(self) -> str | None:
        """What a terminal shows before that, in a line that it erases later."""

    @property
    def state(self) -> LiveState | None:
        """What a page that paints tokens shows; None if that only shows the HTML."""

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""


@dataclass(frozen=True, kw_only=True)
class AnswerProgress:
    """The progress of the answer to one request."""

    model: str
    n: int = 1
    """Number of choices requested."""
    texts: Sequence[str] = ()
    """The text of each choice so far."""
    scored: Sequence[Sequence[TokenLogprob]] = ()
    """The tokens of each choice that have log probabilities; no shorter than its text."""
    finish_reasons: Sequence[str | None] = ()
    elapsed_s: float = 0.0
    ttft_s: float | None = None
    tokens: int = 0
    """Number of tokens in all choices so far."""
    note: str | None = None
    """What is being done before any text arrives."""
    rounds: Sequence[ToolRound] = ()
    """The rounds before this answer, whose tool calls were run."""

    @property
    def has_text(self) -> bool:
        """Whether any choice has text."""
        return any(self.texts)

    @property
    def terminal_text(self) -> str:
        """The tool calls that were run, and choice 0."""
        if not self.rounds and not self.has_text:
            return ""
        return "\n\n".join([*rounds_text(self.rounds), _answers(self)[0]])

    @property
    def transient_note(self) -> str | None:
        """What is being done before any text arrives."""
        return self.note

    @property
    def state(self) -> LiveState:
        """What a page that paints tokens shows."""
        answers = [
            LiveAnswer(
                title=None if index is None else str(index),
                state=reason or "…",
                text=text,
                tokens=tokens,
            )
            for index, text, reason, tokens in _scored_choices(self)
        ]
        return LiveState(
            title=self.model,
            facts=_facts(self),
            rounds=rounds_text(self.rounds),
            answers=answers if self.has_text else (),
        )

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""
        boxes = [
            _box(None if index is None else str(index), reason or "…", text)
            for index, text, reason in _choices(self)
        ]
        head = status_line(self.model, _facts(self))
        answers = _columns(boxes) if self.has_text else ""
        status = terminal_safe(" · ".join([self.model, *_facts(self)]))
        text = "\n\n".join([*rounds_text(self.rounds), *_answers(self), status])
        html = page(head + rounds_html(self.rounds) + answers, LIVE)
        return {"text/html": html, "text/plain": text[-_TAIL:]}


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """The progress of one run of a grid."""

    title: str
    n: int = 1
    texts: Sequence[str] = ()
    scored: Sequence[Sequence[TokenLogprob]] = ()
    finish_reasons: Sequence[str | None] = ()
    is_waiting: bool = False
    """Whether its request has not been sent yet."""
    note: str | None = None
    error: str | None = None
    """Why it failed, in one line."""

    @property
    def is_underway(self) -> bool:
        """Whether it is being answered."""
        is_sent = not self.is_waiting and self.error is None
        return is_sent and any(reason is None for _, _, reason in _choices(self))


@dataclass(frozen=True, kw_only=True)
class GridProgress:
    """The progress of the runs of a grid."""

    model: str
    """The model of all runs, or the number of models."""
    axes: Sequence[Axis]
    runs: Sequence[RunProgress]
    """In row-major order, the last axis changing fastest."""
    n_done: int = 0
    elapsed_s: float = 0.0
    notes: Sequence[str] = field(default=())
    """What is being done in runs without text."""

    @property
    def has_text(self) -> bool:
        """Whether any run has text, or failed."""
        return any(any(run.texts) or run.error for run in self.runs)

    @property
    def terminal_text(self) -> str:
        """Nothing: answers of several runs are printed when all are complete."""
        return ""

    @property
    def transient_note(self) -> str | None:
        """How many runs are done, and the elapsed time."""
        return " · ".join(self.facts)

    @property
    def facts(self) -> list[str]:
        """The numbers of runs done and failed, the notes, and the elapsed time."""
        n_failed = sum(run.error is not None for run in self.runs)
        facts = [f"{self.n_done} of {len(self.runs)} done"]
        facts += [f"{n_failed} failed"] if n_failed else []
        return [*facts, *self.notes, f"{number(self.elapsed_s)} s"]

    @property
    def state(self) -> LiveState | None:
        """What a page that paints tokens shows; None for rows, and for very many runs."""
        if row_axis_of(self.axes) or len(self.runs) > _MOST_CELLS:
            return None
        matrix = _live_matrix(self) if _is_matrix(self) else None
        answers = [
            LiveAnswer(
                title=_answer_title("" if matrix else run.title, index),
                state=_state(run, reason),
                text=text,
                tokens=tokens,
            )
            for run in self.runs
            for index, text, reason, tokens in _scored_choices(run)
        ]
        return LiveState(
            title=self.model,
            facts=self.facts,
            n_done=self.n_done,
            n_runs=len(self.runs),
            matrix=matrix,
            answers=answers,
        )

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""
        html = page(_progress_bar(self) + _grid(self), LIVE)
        status = terminal_safe(" · ".join([self.model, *self.facts]))
        return {"text/html": html, "text/plain": "\n\n".join([*_last(self.runs), status])[-_TAIL:]}


def _facts(progress: AnswerProgress) -> list[str]:
    elapsed = f"{number(progress.elapsed_s)} s"
    if progress.note or progress.ttft_s is None:
        return [progress.note or "waiting", elapsed]
    seconds = progress.elapsed_s - progress.ttft_s
    rate = (progress.tokens - 1) / seconds if progress.tokens > 1 and seconds > 0 else None
    return [*speed_facts(progress.ttft_s, rate), f"{progress.tokens} out", elapsed]


def _choices(
    progress: AnswerProgress | RunProgress,
) -> Iterator[tuple[int | None, str, str | None]]:
    """Yield index (None for a single choice), text and finish reason of each choice requested."""
    count = max(progress.n, len(progress.texts))
    indexes = range(count) if count > 1 else [None]
    for index, text, reason in zip_longest(indexes, progress.texts, progress.finish_reasons):
        yield index, text or "", reason


def _scored_choices(
    progress: AnswerProgress | RunProgress,
) -> Iterator[tuple[int | None, str, str | None, Sequence[TokenLogprob]]]:
    """Yield what `_choices` yields, and the tokens that have log probabilities."""
    for choice, tokens in zip_longest(_choices(progress), progress.scored):
        if choice is not None:
            yield (*choice, tokens or ())


def _answers(progress: AnswerProgress) -> list[str]:
    return [
        answer_text(text) if index is None else f"{choice_title(index)}\n{answer_text(text)}"
        for index, text, _ in _choices(progress)
    ]


def _grid(grid: GridProgress) -> str:
    """Draw rows as their table; runs in columns, many as a matrix, very many while under way."""
    if row_axis_of(grid.axes):
        return rows_html(grid.axes, grid.runs)
    if len(grid.runs) > _MOST_CELLS:
        return _underway(grid)
    if _is_matrix(grid):
        return _matrix(grid)
    return _columns(_boxes(grid.runs))


def _is_matrix(grid: GridProgress) -> bool:
    """Whether the runs stand in rows and columns."""
    answers = sum(max(run.n, len(run.texts)) for run in grid.runs)
    return len(grid.axes) > 1 or answers > _MOST_WHOLE


def _boxes(runs: Sequence[RunProgress]) -> list[str]:
    return [
        _box(_answer_title(run.title, index), _state(run, reason), text)
        for run in runs
        for index, text, reason in _choices(run)
    ]


def _answer_title(title: str, index: int | None) -> str | None:
    """Return the title of a choice of a run; `index` is None for the only one."""
    return " · ".join([*filter(None, [title]), *([] if index is None else [str(index)])]) or None


def _state(run: RunProgress, reason: str | None) -> str:
    """Return the state of a choice of a run."""
    if run.error is not None:
        return f"failed: {run.error}"
    if run.is_waiting:
        return "waiting"
    return reason or run.note or "…"


def _box(title: str | None, state: str, text: str) -> str:
    """Draw a column: its title, its state and its text."""
    style = f"{EXACT};{MEASURE};margin:0 0 8px 0"
    return f'{heading(title, [state])}<div style="{style}">{escape(text)}</div>'


def _columns(boxes: Sequence[str]) -> str:
    """Draw boxes side by side, at most four in a row, fewer in a narrow page.

    None scrolls sideways as a whole, as it would jump back at every update.
    """
    rows = math.ceil(len(boxes) / MOST_COLUMNS)
    width = 100 / math.ceil(len(boxes) / rows)
    style = (
        f"box-sizing:border-box;flex:1 1 {width:.3f}%;min-width:210px;padding:8px 14px;"
        f"overflow-x:auto;border:{LINE};margin:-1px 0 0 -1px"
    )
    cells = "".join(f'<div class="chm-live-column" style="{style}">{box}</div>' for box in boxes)
    return (
        '<div class="chm-live-columns" style="display:flex;flex-wrap:wrap;overflow-x:auto;'
        f'border:{LINE};border-radius:6px">{cells}</div>'
    )


def _progress_bar(grid: GridProgress) -> str:
    """Draw the bar and, above it, how many runs are done."""
    head = status_line(grid.model, grid.facts)
    bar = (
        f'<progress class="chm-live-progress" value="{grid.n_done}" max="{len(grid.runs)}" '
        f'style="display:block;width:100%;height:6px">{grid.n_done}/{len(grid.runs)}</progress>'
    )
    return f'{head}<div style="line-height:0;margin:0 0 8px 0">{bar}</div>'


def _matrix(grid: GridProgress) -> str:
    """Draw a cell for each run: the last axis across, the others down; a single axis down."""
    titles = _live_matrix(grid)
    width = len(titles.columns) or 1
    tail = _tail(len(grid.runs))
    lines = []
    if titles.columns:
        lines.append(_head(titles.corner, "130px") + "".join(map(_head, titles.columns)))
    for row, title in enumerate(titles.rows):
        runs = grid.runs[row * width : (row + 1) * width]
        lines.append(_head(title, "130px") + "".join(_cell(run, tail) for run in runs))
    return _table(lines, width)


def _live_matrix(grid: GridProgress) -> LiveMatrix:
    """Return the titles of rows and columns: the last axis across, the others down."""
    down, across = list(grid.axes), None
    if len(down) > 1:
        across = down.pop()
    is_named = across is not None and len(down) == 1
    rows = [
        " · ".join(
            title if is_named else value_title(axis.name, title)
            for axis, title in zip(down, titles, strict=True)
        )
        for titles in product(*(axis.titles for axis in down))
    ]
    names = " · ".join(axis.name for axis in down)
    return LiveMatrix(
        corner=f"{names} \\ {across.name}" if across else "",
        columns=list(across.titles) if across else [],
        rows=rows,
        answers=[max(r.n, len(r.texts), len(r.finish_reasons)) for r in grid.runs],
    )


def _underway(grid: GridProgress) -> str:
    """Draw a row for each run that is being answered."""
    runs = [run for run in grid.runs if run.is_underway]
    tail = _tail(len(runs))
    return _table([_head(run.title, "130px") + _cell(run, tail) for run in runs], 1)


def _tail(count: int) -> int:
    """Return the number of characters of each of `count` answers to show."""
    return max(_SHORTEST_TAIL, min(_LONGEST_TAIL, _MATRIX_CHARACTERS // max(count, 1)))


def _table(lines: Sequence[str], width: int) -> str:
    body = "".join(f'<tr style="background-color:transparent">{line}</tr>' for line in lines)
    style = f"border-collapse:collapse;table-layout:fixed;width:100%;min-width:{140 * width}px"
    return (
        '<div class="chm-live-matrix" style="overflow-x:auto">'
        f'<table style="{style}">{body}</table></div>'
    )


def _head(title: str, width: str = "auto") -> str:
    return f'<th style="width:{width};{_CELL};{SMALL}">{escape(title)}</th>'


def _cell(run: RunProgress, tail: int) -> str:
    """Draw a run of a matrix: its state, and the end of the first choice that is incomplete."""
    choices = list(_choices(run))
    _, text, reason = next((choice for choice in choices if choice[2] is None), choices[0])
    state = _state(run, reason)
    if len(choices) > 1 and run.error is None and not run.is_waiting:
        n_done = sum(reason is not None for _, _, reason in choices)
        state = f"{n_done} of {len(choices)} choices"
    shown = f"…{text[-tail:]}" if len(text) > tail else text
    style = f"{_CELL};line-height:1.45;{EXACT}"
    return (
        f'<td class="chm-live-cell" style="{style}"><div style="{SMALL}">{state_html(state)}'
        f"</div>{escape(shown)}</td>"
    )


def _last(runs: Sequence[RunProgress]) -> list[str]:
    """Write the last runs that have text or failed, as many as can be shown."""
    texts: list[str] = []
    room = _TAIL
    for run in reversed(runs):
        if room <= 0:
            break
        if any(run.texts) or run.error:
            texts.append(_run_text(run))
            room -= len(texts[-1])
    return texts[::-1]


def _run_text(run: RunProgress) -> str:
    lines = [
        f"── {run.title if index is None else f'{run.title} · {index}'}: {_state(run, reason)} ──\n"
        f"{answer_text(text)}"
        for index, text, reason in _choices(run)
    ]
    return terminal_safe("\n\n".join(lines))
