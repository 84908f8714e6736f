"""Results as static HTML that keeps its look through the sanitizer of an untrusted notebook.

JupyterLab's sanitizer (`packages/apputils/src/sanitizer.ts` there) lets inline styles through by a
list of properties and values: flex rows, which older ones do not let wrap, rgba() but no var(),
opacity only as `0.65`. Colours are therefore greys and few hues over the theme's own, which suit
every theme.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING

from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.markdown import INK, PARAGRAPH, Span, render
from chat_magic.view.html.token_html import tokens_html
from chat_magic.view.summary import (
    calls,
    choice_facts,
    choice_sparkline,
    notices,
    number,
    perplexity_fact,
    shortened,
    status_facts,
    unsure,
)
from chat_magic.view.text_segments import TextSegment, mark_below, text_segments, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Audio, Choice, FunctionCall
    from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
    from chat_magic.view.bundle import RunView

MUTED = "opacity:0.65"
SMALL = "font-size:85%;line-height:1.5"
LINE = "1px solid rgba(127,127,127,0.3)"
EM_SPACE, EN_SPACE = "\u2003", "\u2002"
"""What keeps facts apart, also where styles are dropped."""
_WIDEST = 4
"""Columns in a row."""
_NARROWEST = (150, 230)
"""Pixels of a sole column, and of each of several."""
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


def result_html(runs: Sequence[RunView], *, opens_tokens: bool = False) -> str:
    """Draw runs one below the other: status line, choices side by side, what was unsure."""
    return page("".join(_run(run, opens_tokens) for run in runs))


def page(content: str) -> str:
    """Wrap HTML of this module; a typesetter of math leaves all but the marked formulas alone."""
    return f'<div class="mathjax_ignore tex2jax_ignore" style="max-width:1180px">{content}</div>'


def status_line(model: str, facts: Sequence[str], warnings: Sequence[str] = ()) -> str:
    """Draw the line above an answer: the model, the facts, and a sole warning in its own words."""
    parts = [strong(model)]
    parts += [f'<span style="white-space:nowrap;{MUTED}">{escape(fact)}</span>' for fact in facts]
    if len(warnings) == 1:
        parts.append(warned(warnings[0]))
    line = f'<div style="{SMALL};margin:4px 0 6px 0">{EM_SPACE.join(parts)}</div>'
    if len(warnings) < 2:
        return line
    items = "".join(f"<div>{warned(warning)}</div>" for warning in warnings)
    return f'{line}<div style="{SMALL};margin:0 0 6px 0">{items}</div>'


def columns(contents: Sequence[str]) -> str:
    """Draw one or more boxes side by side, at most four in a row, fewer in narrow pages."""
    rows = math.ceil(len(contents) / _WIDEST)
    width = math.ceil(len(contents) / rows)
    style, wraps = f"box-sizing:border-box;width:{100 / width:.3f}%", ""
    if width > 1:
        style += f";flex-grow:1;margin:0 0 -1px -1px;border-left:{LINE};border-bottom:{LINE}"
        wraps = "flex-wrap:wrap;"
    style += f";min-width:{_NARROWEST[width > 1]}px;padding:8px 14px;overflow-x:auto"
    drawn = []
    for start in range(0, len(contents), width):
        cells = contents[start : start + width]
        boxes = "".join(f'<div style="{style}">{cell}</div>' for cell in cells)
        drawn.append(f'<div style="display:flex;{wraps}overflow-x:auto">{boxes}</div>')
    return f'<div style="border:{LINE};border-radius:6px">{"".join(drawn)}</div>'


def heading(title: int | str | None, facts: Sequence[str], spark: str = "") -> str:
    """Draw the first line of a column: what it is called where there are several, and facts."""
    parts = [] if title is None else [strong(str(title))]
    parts += [_fact(fact) for fact in facts]
    if spark:
        parts.append(f'<span style="{MUTED};letter-spacing:-1px;white-space:nowrap">{spark}</span>')
    line = f'<div style="{SMALL};margin:0 0 4px 0">{EN_SPACE.join(parts)}</div>'
    return line if parts else ""


def rounds_html(rounds: Sequence[ToolRound]) -> str:
    """Draw what came before the answer: what the model said, and the calls that were run."""
    drawn = [_round(each) for each in rounds]
    return f'<div style="padding:0 15px 2px 15px">{"".join(drawn)}</div>' if drawn else ""


def _round(round_: ToolRound) -> str:
    said = round_.reply.choices[0].text
    before = f'<div style="{MUTED};{EXACT};margin:0 0 4px 0">{escape(said)}</div>' if said else ""
    return before + "".join(map(_tool_run, round_.tool_runs))


def _tool_run(run: ToolRun) -> str:
    words = escape(call_words(run.name, run.arguments))
    line = (
        f'<div style="{SMALL}"><span style="font-family:monospace">{words}</span>'
        f'{EN_SPACE}<span style="{MUTED};white-space:nowrap">{number(run.seconds)} s</span>'
    )
    if run.result is None:
        return f"{line}{EN_SPACE}{warned(shortened(run.error or ''))}</div>"
    result = exact(shortened(run.result))
    if len(run.result) > _SHORT or run.result.count("\n") > 5:
        result = details(f"result{EM_SPACE}{len(run.result):,} characters", result)
    return f"{line}</div>{result}"


def _fact(fact: str) -> str:
    return warned(fact) if fact in _NOT_NORMAL else f'<span style="{MUTED}">{escape(fact)}</span>'


def strong(text: str) -> str:
    """Set a text in bold."""
    return f'<strong style="font-weight:600">{escape(text)}</strong>'


def warned(text: str) -> str:
    """Mark a text as what is not as it should be."""
    style = f"border-left:3px solid rgba({INK},0.75);padding:0 0 0 5px"
    return f'<span style="{style}">{escape(text)}</span>'


def _run(run: RunView, opens_tokens: bool) -> str:
    boxes = [
        answer_box(
            choice,
            heading(None, choice_facts(choice, run.reply.usage), choice_sparkline(choice)),
            prefill=run.prefill,
            opens_tokens=opens_tokens,
        )
        for choice in run.reply.choices
    ]
    return (
        status_line(run.model, status_facts(run), notices(run))
        + rounds_html(run.rounds)
        + columns(boxes or [note("no answer")])
        + doubts_html(run.reply.choices)
    )


def doubts_html(choices: Sequence[Choice]) -> str:
    """Draw the line that names what was unsure; nothing where nothing was."""
    doubts = unsure(choices, show=isolated)
    return f'<div style="{SMALL};{MUTED};margin:6px 0 8px 0">{doubts}</div>' if doubts else ""


def answer_box(
    choice: Choice,
    head: str,
    *,
    prefill: str = "",
    parting: Span | None = None,
    figures: str | None = None,
    opens_tokens: bool = False,
) -> str:
    """Draw a choice: its answer, its tokens, its exact text.

    Args:
        choice: The choice.
        head: HTML above it.
        prefill: What it was to begin with.
        parting: Start and end in its text of the token in which it leaves others.
        figures: HTML below its answer; without any, the perplexity stands beside its tokens.
        opens_tokens: Whether these are shown without a click.
    """
    tokens = tokens_of(choice)
    fact = perplexity_fact(choice) if figures is None else None
    title = f"tokens{EM_SPACE}{fact or ''}" if figures is None else "tokens"
    return "".join(
        [
            head,
            details("reasoning", exact(choice.reasoning)) if choice.reasoning else "",
            _answer(choice, prefill, text_segments(tokens), parting),
            figures or "",
            details(title, tokens_html(tokens), is_open=opens_tokens) if tokens else "",
            details("raw", exact(choice.text)) if choice.text else "",
        ]
    )


def details(title: str, content: str, *, is_open: bool = False) -> str:
    """Hide HTML behind a title, itself HTML, that opens it."""
    summary = f'<summary style="{SMALL};{MUTED};cursor:pointer">{title}</summary>'
    return f"<details{' open' * is_open}>{summary}{content}</details>"


def exact(text: str) -> str:
    """Draw a text as it is."""
    return f'<pre style="{_PRE}">{escape(text)}</pre>'


def note(words: str) -> str:
    """Say in words what is there in the place of an answer."""
    return f'<div style="{MUTED};font-style:italic;margin:0 0 8px 0">{escape(words)}</div>'


def _answer(
    choice: Choice, prefill: str, pieces: Sequence[TextSegment], parting: Span | None = None
) -> str:
    parts = [_written(choice.text, prefill, pieces, parting)] if choice.text else []
    if choice.refusal:
        own = None if choice.text else parting
        parts.append(note("refused") + render(choice.refusal, parting=own))
    parts += [_audio(choice.audio)] if choice.audio else []
    parts += [_call(call.function) for call in calls(choice)]
    return "".join(parts) or (_begun(prefill) if prefill else "") + note("empty answer")


def _written(text: str, prefill: str, pieces: Sequence[TextSegment], parting: Span | None) -> str:
    """Draw the answer as Markdown, with the prefill, muted, on the line that it began."""
    if _leaves_fence_open(prefill):
        return render(prefill + text)
    spans = _unsure_spans(text, pieces)
    if not prefill and _is_json(text):
        spans = [(start + len(_FENCE), end + len(_FENCE), grade) for start, end, grade in spans]
        parting = parting and (parting[0] + len(_FENCE), parting[1] + len(_FENCE))
        text = f"{_FENCE}{text}\n{_FENCE}"
    body = render(text, spans, parting)
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
    return f'<span style="{MUTED};{EXACT}">{escape(prefill)}</span>'


def _leaves_fence_open(text: str) -> bool:
    return sum(line.lstrip().startswith("```") for line in text.split("\n")) % 2 == 1


def _unsure_spans(text: str, pieces: Sequence[TextSegment]) -> list[tuple[int, int, int]]:
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
        return said + note(f"audio, {len(audio.data):,} bytes: .choices[i].audio.data has them")
    encoded = base64.b64encode(audio.data).decode("ascii")
    return f'{said}<audio controls src="data:{audio.media_type};base64,{encoded}"></audio>'


def _call(function: FunctionCall) -> str:
    return f'<div style="{SMALL}">calls {strong(function.name)}</div>{exact(function.arguments)}'
