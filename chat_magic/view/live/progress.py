"""How far answers have come while they stream, drawn as escaped text: one request, or a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Protocol

from chat_magic.view.comparison_model import value_title
from chat_magic.view.html.escape import escape
from chat_magic.view.html.markdown import INK
from chat_magic.view.html.result_html import EXACT, page, rounds_html, status_line
from chat_magic.view.summary import number, speed_facts
from chat_magic.view.text.result_text import answer_text, choice_title, rounds_text, terminal_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.tool_rounds import ToolRound

_TAIL = 2_000
"""Characters of a plain text that is shown only where there is no HTML, and only for a moment."""
_WIDEST = 4
"""Columns in a row. More stand below: what scrolled sideways would jump back at every update."""
_MOST_COLUMNS = 12
"""Answers that are shown whole; of more there is a matrix with the end of each."""
_MOST_CELLS = 200
"""Runs that a matrix shows; of more only those are listed that are being answered."""
_MATRIX_CHARACTERS = 12_000
"""What the ends of all answers of a matrix share."""
_SHORTEST_TAIL, _LONGEST_TAIL = 40, 400
"""Characters of the end of each."""
_LINE = "1px solid rgba(127,127,127,0.3)"
_CELL = f"text-align:left;vertical-align:top;padding:4px 8px;border:{_LINE}"
_MUTED = "opacity:0.65"
_SMALL = "font-size:85%;line-height:1.5"
_ENDED_BADLY = ("length", "content_filter", "error", "interrupted")


class Drawable(Protocol):
    """A state that a display can draw."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""

    @property
    def has_text(self) -> bool:
        """Whether any answer has begun."""

    @property
    def terminal_text(self) -> str:
        """What a terminal has printed of it so far."""

    @property
    def transient_note(self) -> str | None:
        """What a terminal says meanwhile, in a line that goes away."""

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""


@dataclass(frozen=True, kw_only=True)
class AnswerProgress:
    """How far the answer to a request has come."""

    model: str
    n: int = 1
    """Choices that were asked for."""
    texts: Sequence[str] = ()
    """What each choice has written so far."""
    finish_reasons: Sequence[str | None] = ()
    elapsed_s: float = 0.0
    ttft_s: float | None = None
    tokens: int = 0
    """Tokens in all choices so far."""
    note: str | None = None
    """What is being done while nothing arrives."""
    rounds: Sequence[ToolRound] = ()
    """The answers before this one, whose calls were run."""

    @property
    def has_text(self) -> bool:
        """Whether any choice has begun."""
        return any(self.texts)

    @property
    def terminal_text(self) -> str:
        """The calls that were run, and choice 0."""
        if not self.rounds and not self.has_text:
            return ""
        return "\n\n".join([*rounds_text(self.rounds), _answers(self)[0]])

    @property
    def transient_note(self) -> str | None:
        """What is being done while nothing arrives."""
        return self.note

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""
        boxes = [
            _box("" if index is None else str(index), reason or "…", text)
            for index, text, reason in _choices(self)
        ]
        line = status_line(self.model, _facts(self))
        answers = _columns(boxes) if self.has_text else ""
        status = terminal_safe(" · ".join([self.model, *_facts(self)]))
        text = "\n\n".join([*rounds_text(self.rounds), *_answers(self), status])
        html = page(line + rounds_html(self.rounds) + answers)
        return {"text/html": html, "text/plain": text[-_TAIL:]}


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """How far one run of a grid has come."""

    title: str
    n: int = 1
    texts: Sequence[str] = ()
    finish_reasons: Sequence[str | None] = ()
    is_waiting: bool = False
    """Whether its request has not been sent yet."""
    note: str | None = None
    error: str | None = None
    """Why it failed, in one line."""

    @property
    def is_underway(self) -> bool:
        """Whether it is being answered."""
        begun = not self.is_waiting and self.error is None
        return begun and any(reason is None for _, _, reason in _choices(self))


@dataclass(frozen=True, kw_only=True)
class GridProgress:
    """How far the runs of a grid have come."""

    model: str
    """Of all runs, or how many there are."""
    axes: Sequence[Axis]
    runs: Sequence[RunProgress]
    """In row-major order, the last axis changing fastest."""
    n_done: int = 0
    elapsed_s: float = 0.0
    notes: Sequence[str] = field(default=())
    """What is being done where no answer comes."""

    @property
    def has_text(self) -> bool:
        """Whether any answer has begun, or failed."""
        return any(any(run.texts) or run.error for run in self.runs)

    @property
    def terminal_text(self) -> str:
        """Nothing: answers that come side by side are printed when all are there."""
        return ""

    @property
    def transient_note(self) -> str | None:
        """How many runs have ended, and for how long it has gone."""
        return " · ".join(self._facts)

    @property
    def _facts(self) -> list[str]:
        n_failed = sum(run.error is not None for run in self.runs)
        facts = [f"{self.n_done} of {len(self.runs)} done"]
        facts += [f"{n_failed} failed"] if n_failed else []
        return [*facts, *self.notes, f"{number(self.elapsed_s)} s"]

    def bundle(self) -> dict[str, str]:
        """Draw it as HTML, and the end of it as text."""
        html = page(_progress(self) + _drawn(self))
        status = terminal_safe(" · ".join([self.model, *self._facts]))
        return {"text/html": html, "text/plain": "\n\n".join([*_last(self.runs), status])[-_TAIL:]}


def _facts(snapshot: AnswerProgress) -> list[str]:
    elapsed = f"{number(snapshot.elapsed_s)} s"
    if snapshot.note or snapshot.ttft_s is None:
        return [snapshot.note or "waiting", elapsed]
    seconds = snapshot.elapsed_s - snapshot.ttft_s
    rate = (snapshot.tokens - 1) / seconds if snapshot.tokens > 1 and seconds > 0 else None
    return [*speed_facts(snapshot.ttft_s, rate), f"{snapshot.tokens} out", elapsed]


def _choices(one: AnswerProgress | RunProgress) -> Iterator[tuple[int | None, str, str | None]]:
    """Return index (None for an only choice), text and finish reason of what was asked for."""
    count = max(one.n, len(one.texts))
    asked = range(count) if count > 1 else [None]
    for index, text, reason in zip_longest(asked, one.texts, one.finish_reasons):
        yield index, text or "", reason


def _answers(snapshot: AnswerProgress) -> list[str]:
    return [
        answer_text(text) if index is None else f"{choice_title(index)}\n{answer_text(text)}"
        for index, text, _ in _choices(snapshot)
    ]


def _drawn(grid: GridProgress) -> str:
    """Draw the runs: in columns, as a matrix where they are many, or those under way."""
    answers = sum(max(run.n, len(run.texts)) for run in grid.runs)
    if len(grid.runs) > _MOST_CELLS:
        return _underway(grid)
    if len(grid.axes) > 1 or answers > _MOST_COLUMNS:
        return _matrix(grid)
    return _columns(_boxes(grid.runs))


def _boxes(runs: Sequence[RunProgress]) -> list[str]:
    return [
        _box(run.title if index is None else f"{run.title} · {index}", _state(run, reason), text)
        for run in runs
        for index, text, reason in _choices(run)
    ]


def _state(run: RunProgress, reason: str | None) -> str:
    """Say how far a choice of a run is."""
    if run.error is not None:
        return f"failed: {run.error}"
    if run.is_waiting:
        return "waiting"
    return reason or run.note or "…"


def _box(title: str, state: str, text: str) -> str:
    """Draw a column: what it is, how far it is, and what has come."""
    style = f"{_SMALL};margin:0 0 4px 0"
    head = f'<strong style="font-weight:600">{escape(title)}</strong>\u2002' if title else ""
    body = f'<div style="{EXACT};margin:0 0 8px 0">{escape(text)}</div>'
    return f'<div style="{style}">{head}{_state_html(state)}</div>{body}'


def _state_html(state: str) -> str:
    if state in _ENDED_BADLY or state.startswith("failed: "):
        style = f"border-left:3px solid rgba({INK},0.75);padding:0 0 0 5px"
    else:
        style = _MUTED
    return f'<span style="{style}">{escape(state)}</span>'


def _columns(boxes: Sequence[str]) -> str:
    """Draw boxes side by side, at most four in a row, and below each other in a narrow page."""
    rows = math.ceil(len(boxes) / _WIDEST)
    width = 100 / math.ceil(len(boxes) / rows)
    style = (
        f"box-sizing:border-box;flex:1 1 {width:.3f}%;min-width:210px;padding:8px 14px;"
        f"overflow-x:auto;border:{_LINE};margin:-1px 0 0 -1px"
    )
    drawn = "".join(f'<div class="chm-live-column" style="{style}">{box}</div>' for box in boxes)
    return (
        '<div class="chm-live-columns" style="display:flex;flex-wrap:wrap;overflow-x:auto;'
        f'border:{_LINE};border-radius:6px">{drawn}</div>'
    )


def _progress(grid: GridProgress) -> str:
    """Draw the bar and, above it, how many runs have ended."""
    line = status_line(grid.model, grid._facts)
    bar = (
        f'<progress class="chm-live-progress" value="{grid.n_done}" max="{len(grid.runs)}" '
        f'style="display:block;width:100%;height:6px">{grid.n_done}/{len(grid.runs)}</progress>'
    )
    return f'{line}<div style="line-height:0;margin:0 0 8px 0">{bar}</div>'


def _matrix(grid: GridProgress) -> str:
    """Draw a cell for each run: the last axis across, the others down; a sole axis down."""
    down, across = list(grid.axes), None
    if len(down) > 1:
        across = down.pop()
    width = len(across.titles) if across else 1
    tail = _tail(len(grid.runs))
    lines = []
    if across:
        corner = f"{' · '.join(axis.name for axis in down)} \\ {across.name}"
        lines.append(_head(corner, "130px") + "".join(map(_head, across.titles)))
    for row, titles in enumerate(product(*(axis.titles for axis in down))):
        named = zip(down, titles, strict=True)
        speaks = across is not None and len(down) == 1
        words = titles if speaks else [value_title(axis.name, title) for axis, title in named]
        runs = grid.runs[row * width : (row + 1) * width]
        lines.append(_head(" · ".join(words), "130px") + "".join(_cell(run, tail) for run in runs))
    return _table(lines, width)


def _underway(grid: GridProgress) -> str:
    """Draw a row for each run that is being answered."""
    runs = [run for run in grid.runs if run.is_underway]
    tail = _tail(len(runs))
    return _table([_head(run.title, "130px") + _cell(run, tail) for run in runs], 1)


def _tail(count: int) -> int:
    """Return how many characters of the end of each of so many answers are shown."""
    return max(_SHORTEST_TAIL, min(_LONGEST_TAIL, _MATRIX_CHARACTERS // max(count, 1)))


def _table(lines: Sequence[str], width: int) -> str:
    body = "".join(f'<tr style="background-color:transparent">{line}</tr>' for line in lines)
    style = f"border-collapse:collapse;table-layout:fixed;width:100%;min-width:{140 * width}px"
    return (
        '<div class="chm-live-matrix" style="overflow-x:auto">'
        f'<table style="{style}">{body}</table></div>'
    )


def _head(title: str, width: str = "auto") -> str:
    return f'<th style="width:{width};{_CELL};{_SMALL}">{escape(title)}</th>'


def _cell(run: RunProgress, tail: int) -> str:
    """Draw a run of a matrix: its state, and the end of the choice that is being written."""
    choices = list(_choices(run))
    _, text, reason = next((one for one in choices if one[2] is None), choices[0])
    state = _state(run, reason)
    if len(choices) > 1 and run.error is None and not run.is_waiting:
        n_ended = sum(reason is not None for _, _, reason in choices)
        state = f"{n_ended} of {len(choices)} choices"
    shown = f"…{text[-tail:]}" if len(text) > tail else text
    style = f"{_CELL};line-height:1.45;{EXACT}"
    return (
        f'<td class="chm-live-cell" style="{style}"><div style="{_SMALL}">{_state_html(state)}'
        f"</div>{escape(shown)}</td>"
    )


def _last(runs: Sequence[RunProgress]) -> list[str]:
    """Write the last runs of which something came, as many as can be shown."""
    written: list[str] = []
    room = _TAIL
    for run in reversed(runs):
        if room <= 0:
            break
        if any(run.texts) or run.error:
            written.append(_run_text(run))
            room -= len(written[-1])
    return written[::-1]


def _run_text(run: RunProgress) -> str:
    lines = [
        f"── {run.title if index is None else f'{run.title} · {index}'}: {_state(run, reason)} ──\n"
        f"{answer_text(text)}"
        for index, text, reason in _choices(run)
    ]
    return terminal_safe("\n\n".join(lines))
