"""Results as static HTML that keeps its look through the sanitizer of an untrusted notebook.

JupyterLab's sanitizer (`packages/apputils/src/sanitizer.ts` there) lets inline styles through by a
list of properties and values: flex rows but no wrapping or gap, rgba() but no var(), opacity only
as `0.65`. Colours are therefore greys and one hue over the theme's own, which suit every theme.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING

from chat_magic.core.tools import call_words
from chat_magic.view.escape import escape, isolated
from chat_magic.view.markdown import INK, PARAGRAPH, render
from chat_magic.view.pieces import Piece, mark_below, pieces_of, tokens_of
from chat_magic.view.summary import (
    calls,
    choice_facts,
    notices,
    number,
    perplexity_fact,
    shortened,
    sparkline,
    status_facts,
    unsure,
)
from chat_magic.view.tokens import tokens_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply import Audio, Choice, FunctionCall, Usage
    from chat_magic.core.tools import Round, ToolRun
    from chat_magic.view.bundle import Run

_MUTED = "opacity:0.65"
_SMALL = "font-size:85%;line-height:1.5"
_LINE = "1px solid rgba(127,127,127,0.3)"
_EM_SPACE, _EN_SPACE = "\u2003", "\u2002"
"""What keeps facts apart, also where styles are dropped."""
_WIDEST = 4
"""Columns in a row."""
EXACT = "white-space:pre-wrap;word-wrap:break-word;word-break:normal"
_PRE = (
    f"margin:4px 0 6px 0;padding:0;font-family:monospace;font-size:90%;line-height:1.45;{EXACT};"
    "background-color:transparent"
)
_FENCE = "``````\n"
_LARGEST_SOUND = 4_000_000
"""Bytes of sound that a notebook is made to hold."""
_SHORT = 300
"""Characters, of few lines, that are shown without a click."""
_NOT_NORMAL = ("length", "content_filter", "error", "interrupted")


def result_html(runs: Sequence[Run], *, opens_tokens: bool = False) -> str:
    """Draw runs one below the other: status line, choices side by side, what was unsure."""
    return page("".join(_run(run, opens_tokens) for run in runs))


def page(content: str) -> str:
    """Wrap HTML of this module; a typesetter of math leaves all but the marked formulas alone."""
    return f'<div class="mathjax_ignore tex2jax_ignore" style="max-width:1180px">{content}</div>'


def status_line(model: str, facts: Sequence[str], warnings: Sequence[str] = ()) -> str:
    """Draw the line above an answer: the model, the facts, and a sole warning in its own words."""
    parts = [f'<strong style="font-weight:600">{escape(model)}</strong>']
    parts += [f'<span style="white-space:nowrap;{_MUTED}">{escape(fact)}</span>' for fact in facts]
    if len(warnings) == 1:
        parts.append(_warned(warnings[0]))
    line = f'<div style="{_SMALL};margin:4px 0 6px 0">{_EM_SPACE.join(parts)}</div>'
    if len(warnings) < 2:
        return line
    items = "".join(f"<div>{_warned(warning)}</div>" for warning in warnings)
    return f'{line}<div style="{_SMALL};margin:0 0 6px 0">{items}</div>'


def columns(contents: Sequence[str]) -> str:
    """Draw one or more boxes side by side, at most four in a row, scrolling in narrow pages."""
    rows = math.ceil(len(contents) / _WIDEST)
    width = math.ceil(len(contents) / rows)
    style = (
        f"box-sizing:border-box;width:{100 / width:.3f}%;min-width:150px;padding:8px 14px;"
        "overflow-x:auto"
    )
    drawn = []
    for start in range(0, len(contents), width):
        cells = contents[start : start + width]
        boxes = "".join(
            f'<div style="{style}{f";border-left:{_LINE}" if place else ""}">{cell}</div>'
            for place, cell in enumerate(cells)
        )
        above = f";border-top:{_LINE}" if start else ""
        drawn.append(f'<div style="display:flex;overflow-x:auto{above}">{boxes}</div>')
    return f'<div style="border:{_LINE};border-radius:6px">{"".join(drawn)}</div>'


def heading(index: int | None, facts: Sequence[str], spark: str = "") -> str:
    """Draw the first line of a column: the choice's index where there are several, and facts."""
    parts = [] if index is None else [f'<strong style="font-weight:600">{index}</strong>']
    parts += [_fact(fact) for fact in facts]
    if spark:
        parts.append(
            f'<span style="{_MUTED};letter-spacing:-1px;white-space:nowrap">{spark}</span>'
        )
    line = f'<div style="{_SMALL};margin:0 0 4px 0">{_EN_SPACE.join(parts)}</div>'
    return line if parts else ""


def rounds_html(rounds: Sequence[Round]) -> str:
    """Draw what came before the answer: what the model said, and the calls that were run."""
    drawn = [_round(each) for each in rounds]
    return f'<div style="padding:0 15px 2px 15px">{"".join(drawn)}</div>' if drawn else ""


def _round(round_: Round) -> str:
    said = round_.reply.choices[0].text
    before = f'<div style="{_MUTED};{EXACT};margin:0 0 4px 0">{escape(said)}</div>' if said else ""
    return before + "".join(map(_tool_run, round_.tool_runs))


def _tool_run(run: ToolRun) -> str:
    words = escape(call_words(run.name, run.arguments))
    line = (
        f'<div style="{_SMALL}"><span style="font-family:monospace">{words}</span>'
        f'{_EN_SPACE}<span style="{_MUTED};white-space:nowrap">{number(run.seconds)} s</span>'
    )
    if run.result is None:
        return f"{line}{_EN_SPACE}{_warned(shortened(run.error or ''))}</div>"
    result = _exact(shortened(run.result))
    if len(run.result) > _SHORT or run.result.count("\n") > 5:
        result = _details(f"result{_EM_SPACE}{len(run.result):,} characters", result)
    return f"{line}</div>{result}"


def _fact(fact: str) -> str:
    return _warned(fact) if fact in _NOT_NORMAL else f'<span style="{_MUTED}">{escape(fact)}</span>'


def _warned(text: str) -> str:
    style = f"border-left:3px solid rgba({INK},0.75);padding:0 0 0 5px"
    return f'<span style="{style}">{escape(text)}</span>'


def _run(run: Run, opens_tokens: bool) -> str:
    choices = run.reply.choices
    usage = run.reply.usage if len(choices) == 1 else None
    boxes = [
        _column(choice, run.prefill, usage, len(choices) > 1, opens_tokens) for choice in choices
    ]
    doubts = unsure(choices, show=isolated)
    return (
        status_line(run.model, status_facts(run), notices(run))
        + rounds_html(run.rounds)
        + columns(boxes or [_note("no answer")])
        + (f'<div style="{_SMALL};{_MUTED};margin:6px 0 8px 0">{doubts}</div>' if doubts else "")
    )


def _column(
    choice: Choice, prefill: str, usage: Usage | None, several: bool, opens_tokens: bool
) -> str:
    tokens = tokens_of(choice)
    pieces = pieces_of(tokens)
    index = choice.index if several else None
    fact = perplexity_fact(choice)
    return "".join(
        [
            heading(index, choice_facts(choice, usage), sparkline(pieces)),
            _details("reasoning", _exact(choice.reasoning)) if choice.reasoning else "",
            _answer(choice, prefill, pieces),
            _details(f"tokens{_EM_SPACE}{fact or ''}", tokens_html(tokens), is_open=opens_tokens)
            if tokens
            else "",
            _details("raw", _exact(choice.text)) if choice.text else "",
        ]
    )


def _details(title: str, content: str, *, is_open: bool = False) -> str:
    summary = f'<summary style="{_SMALL};{_MUTED};cursor:pointer">{title}</summary>'
    return f"<details{' open' * is_open}>{summary}{content}</details>"


def _exact(text: str) -> str:
    return f'<pre style="{_PRE}">{escape(text)}</pre>'


def _note(words: str) -> str:
    return f'<div style="{_MUTED};font-style:italic;margin:0 0 8px 0">{escape(words)}</div>'


def _answer(choice: Choice, prefill: str, pieces: Sequence[Piece]) -> str:
    parts = [_written(choice.text, prefill, pieces)] if choice.text else []
    if choice.refusal:
        parts.append(_note("refused") + render(choice.refusal))
    parts += [_audio(choice.audio)] if choice.audio else []
    parts += [_call(call.function) for call in calls(choice)]
    return "".join(parts) or (_begun(prefill) if prefill else "") + _note("empty answer")


def _written(text: str, prefill: str, pieces: Sequence[Piece]) -> str:
    """Draw the answer as Markdown, with the prefill, muted, on the line that it began."""
    if _leaves_fence_open(prefill):
        return render(prefill + text)
    spans = _unsure_spans(text, pieces)
    if not prefill and _is_json(text):
        spans = [(start + len(_FENCE), end + len(_FENCE), grade) for start, end, grade in spans]
        text = f"{_FENCE}{text}\n{_FENCE}"
    body = render(text, spans)
    if not prefill:
        return body
    start = _begun(prefill + " " * text[:1].isspace())
    opening, paragraph, rest = body.partition(PARAGRAPH)
    return f"{paragraph}{start}{rest}" if paragraph and not opening else f"<div>{start}</div>{body}"


def _is_json(text: str) -> bool:
    """Whether the answer is a JSON object or list, whose line breaks Markdown would not keep."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _begun(prefill: str) -> str:
    return f'<span style="{_MUTED};{EXACT}">{escape(prefill)}</span>'


def _leaves_fence_open(text: str) -> bool:
    return sum(line.lstrip().startswith("```") for line in text.split("\n")) % 2 == 1


def _unsure_spans(text: str, pieces: Sequence[Piece]) -> list[tuple[int, int, int]]:
    """Find the unsure tokens in the text; none unless the tokens spell it."""
    end = -"".join(piece.text for piece in pieces).rfind(text)
    if end > 0 or not text:
        return []
    below = mark_below(pieces)
    spans = []
    for piece in pieces:
        start, end = end, end + len(piece.text)
        if piece.grade and (piece.prob or 0.0) < below and end > 0 and start < len(text):
            spans.append((max(start, 0), min(end, len(text)), piece.grade))
    return spans


def _audio(audio: Audio) -> str:
    """Draw a player where a browser can play the sound, and what is said."""
    said = f"<div>{escape(audio.transcript)}</div>" if audio.transcript else ""
    if audio.media_type is None or len(audio.data) > _LARGEST_SOUND:
        return said + _note(f"audio, {len(audio.data):,} bytes: .choices[i].audio.data has them")
    encoded = base64.b64encode(audio.data).decode("ascii")
    return f'{said}<audio controls src="data:{audio.media_type};base64,{encoded}"></audio>'


def _call(function: FunctionCall) -> str:
    label = f'<strong style="font-weight:600">{escape(function.name)}</strong>'
    return f'<div style="{_SMALL}">calls {label}</div>{_exact(function.arguments)}'
