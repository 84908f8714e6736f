"""Results as static HTML: status line, answers as Markdown, tokens, exact text."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, TypeAlias

from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.view.answer_images import images_of
from chat_magic.view.answer_sources import sources_of
from chat_magic.view.html.elements import (
    EM_SPACE,
    EN_SPACE,
    EXACT,
    MEASURE,
    MUTED,
    SMALL,
    columns,
    details,
    exact,
    heading,
    note,
    page,
    status_line,
    strong,
    warning_html,
)
from chat_magic.view.html.escape import escape, isolated
from chat_magic.view.html.markdown import Span, render
from chat_magic.view.html.token_html import most_marked, token_counts_html, tokens_html
from chat_magic.view.run_summary import run_summary
from chat_magic.view.summary import (
    calls_of,
    choice_facts,
    choice_sparkline,
    notices,
    number,
    perplexity_fact,
    status_facts,
    truncated,
)
from chat_magic.view.text_segments import TextSegment, mark_below, text_segments
from chat_magic.view.token_roles import token_roles, tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Audio, Choice, FunctionCall
    from chat_magic.core.reply.tool_rounds import ToolRound, ToolRun
    from chat_magic.view.answer_images import AnswerImage
    from chat_magic.view.answer_sources import Source
    from chat_magic.view.bundle import RunView

Unsure: TypeAlias = tuple[int, int, int]
"""Start and end of a token in a text, and its bin."""

_FENCE = "``````\n"
_LARGEST_SOUND = 4_000_000
"""Bytes of sound that are embedded in a notebook."""
_SHORT = 300
"""Characters, in few lines, that are shown without a click."""


def result_html(runs: Sequence[RunView], *, opens_tokens: bool = False) -> str:
    """Draw runs one below the other: status line, choices side by side, unsure tokens."""
    return page("".join(_run(run, opens_tokens) for run in runs))


def _run(run: RunView, opens_tokens: bool) -> str:
    n_tokens = sum(len(tokens_of(choice)) for choice in run.reply.choices)
    boxes = [
        answer_box(
            choice,
            _heading(choice, run),
            run,
            opens_tokens=opens_tokens,
            marked=most_marked(n_tokens, len(run.reply.choices)),
        )
        for choice in run.reply.choices
    ]
    return (
        status_line(run.model, status_facts(run), notices(run))
        + rounds_html(run.rounds)
        + columns(boxes or [note("no answer")])
        + summary_html(run)
    )


def _heading(choice: Choice, run: RunView) -> str:
    facts = choice_facts(choice, run.reply.usage)
    return heading(None, facts, choice_sparkline(choice, run.json_prefill))


def rounds_html(rounds: Sequence[ToolRound]) -> str:
    """Draw the rounds before the answer: what the model wrote, and the tool calls with results."""
    html = "".join(map(_round, rounds))
    return f'<div style="padding:0 15px 2px 15px">{html}</div>' if html else ""


def _round(tool_round: ToolRound) -> str:
    text = tool_round.reply.choices[0].text
    before = f'<div style="{MUTED};{EXACT};margin:0 0 4px 0">{escape(text)}</div>' if text else ""
    return before + "".join(map(_tool_run, tool_round.tool_runs))


def _tool_run(run: ToolRun) -> str:
    call = escape(call_words(run.name, run.arguments))
    head = (
        f'<div style="{SMALL}"><span style="font-family:monospace">{call}</span>'
        f'{EN_SPACE}<span style="{MUTED};white-space:nowrap">{number(run.seconds)} s</span>'
    )
    if run.result is None:
        return f"{head}{EN_SPACE}{warning_html(truncated(run.error or ''))}</div>"
    result = exact(truncated(run.result))
    if len(run.result) > _SHORT or run.result.count("\n") > 5:
        result = details(f"result{EM_SPACE}{len(run.result):,} characters", result)
    return f"{head}</div>{result}"


def summary_html(run: RunView) -> str:
    """Draw the line of the labels and unsure tokens; empty if there are none."""
    summary = run_summary(run, show=isolated)
    return f'<div style="{SMALL};{MUTED};margin:6px 0 8px 0">{summary}</div>' if summary else ""


def answer_box(
    choice: Choice,
    head: str,
    run: RunView,
    *,
    divergence: Span | None = None,
    metrics_html: str | None = None,
    opens_tokens: bool = False,
    marked: int | None = None,
) -> str:
    """Draw a choice: its answer, its tokens, its exact text.

    In an output of many tokens these are counted instead, and the text is that of its payload.

    Args:
        choice: The choice.
        head: HTML above it.
        run: The run that it is a choice of.
        divergence: Start and end in its text of the token at which it diverges from others.
        metrics_html: HTML below its answer; without it the perplexity stands beside its tokens.
        opens_tokens: Whether the tokens are shown without a click; they are always drawn then.
        marked: How many words are underlined at most; None for all, where tokens are drawn.
    """
    tokens, roles = tokens_of(choice), token_roles(choice, run.json_prefill)
    marked = None if opens_tokens else marked
    drawn = (
        tokens_html(tokens, roles) if marked is None else token_counts_html(tokens, roles, marked)
    )
    unsure = _unsure_spans(choice.text, text_segments(tokens, roles), marked)
    fact = perplexity_fact(choice, run.usage_of_choice) if metrics_html is None else None
    title = f"tokens{EM_SPACE}{fact or ''}" if metrics_html is None else "tokens"
    return "".join(
        [
            head,
            details("reasoning", exact(choice.reasoning)) if choice.reasoning else "",
            f'<div style="{MEASURE}">{_answer(choice, run.prefill, unsure, divergence)}</div>',
            _sources(sources_of(choice, run.reply)),
            metrics_html or "",
            details(title, drawn, is_open=opens_tokens) if tokens else "",
            details("raw", exact(choice.text)) if choice.text and marked is None else "",
        ]
    )


def _answer(
    choice: Choice, prefill: str, unsure: Sequence[Unsure], divergence: Span | None = None
) -> str:
    parts = [_content(choice.text, prefill, unsure, divergence)] if choice.text else []
    if choice.refusal:
        in_refusal = None if choice.text else divergence
        parts.append(note("refused") + render(choice.refusal, divergence=in_refusal))
    parts += [_audio(choice.audio)] if choice.audio else []
    parts += [_image(image) for image in images_of(choice)]
    parts += [_call(call.called) for call in calls_of(choice)]
    return "".join(parts) or (_prefill(prefill) if prefill else "") + note("empty answer")


def _content(text: str, prefill: str, unsure: Sequence[Unsure], divergence: Span | None) -> str:
    """Draw the prefill, which is muted, and the content as one text in Markdown."""
    is_json = _is_json(prefill + text)
    before = f"{_FENCE if is_json else ''}{prefill}"
    shift = len(before)
    spans = [(start + shift, end + shift, grade) for start, end, grade in unsure]
    divergence = divergence and (divergence[0] + shift, divergence[1] + shift)
    after = f"\n{_FENCE}" if is_json else ""
    return render(before + text + after, spans, divergence, prefill=before if prefill else "")


def _is_json(text: str) -> bool:
    """Whether the answer is a JSON object or list, whose line breaks Markdown would not keep."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _prefill(prefill: str) -> str:
    return f'<span style="{MUTED};{EXACT}">{escape(prefill)}</span>'


def _unsure_spans(text: str, segments: Sequence[TextSegment], most: int | None) -> list[Unsure]:
    """Return the unsure tokens, at most the least sure ones; none unless they spell the text."""
    end = -"".join(segment.text for segment in segments).rfind(text)
    if end > 0 or not text:
        return []
    below = mark_below(segments, most)
    spans = []
    for segment in segments:
        start, end = end, end + len(segment.text)
        if segment.grade and (segment.prob or 0.0) < below and end > 0 and start < len(text):
            spans.append((max(start, 0), min(end, len(text)), segment.grade))
    return spans


def _audio(audio: Audio) -> str:
    """Draw a player if a browser can play the sound, and the transcript."""
    transcript = f"<div>{escape(audio.transcript)}</div>" if audio.transcript else ""
    if audio.media_type is None or len(audio.data) > _LARGEST_SOUND:
        size = f"audio of {len(audio.data):,} bytes, available as .choices[i].audio.data"
        return transcript + note(size)
    encoded = base64.b64encode(audio.data).decode("ascii")
    return f'{transcript}<audio controls src="data:{audio.media_type};base64,{encoded}"></audio>'


def _image(image: AnswerImage) -> str:
    """Draw an image from its data, which its first bytes prove to be one; others are named."""
    if image.media_type is not None:
        source = f"data:{image.media_type};base64,{image.base64}"
        name = escape(image.description)
        return f'<div><img src="{source}" alt="{name}" style="max-width:100%"></div>'
    if image.link is None:
        return note(image.description)
    return f"<div>{_link('image', image.link)}</div>"


def _sources(sources: Sequence[Source]) -> str:
    """Draw sources as numbered links, each with the host that it leads to."""
    rows = "".join(f"<div>[{source.number}]{EN_SPACE}{_source(source)}</div>" for source in sources)
    return f'<div style="{SMALL};margin:0 0 6px 0">{rows}</div>' if rows else ""


def _source(source: Source) -> str:
    if source.link is None:
        return isolated(source.title)
    host = f'{EN_SPACE}<span style="{MUTED}">{escape(source.host)}</span>' if source.host else ""
    return _link(source.title, source.link) + host


def _link(title: str, address: str) -> str:
    href = html.escape(address)
    return f'<a href="{href}" rel="noopener" target="_blank">{isolated(title)}</a>'


def _call(function: FunctionCall) -> str:
    return f'<div style="{SMALL}">calls {strong(function.name)}</div>{exact(function.arguments)}'
