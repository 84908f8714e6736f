"""Results as plain text, for terminals, logs of scheduled notebooks, and pages without HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_magic.core.reply.tokens import bin_of, well_formed
from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.view.answer_images import images_of
from chat_magic.view.answer_sources import sources_of
from chat_magic.view.html.escape import BIDI, code_point
from chat_magic.view.run_summary import run_summary
from chat_magic.view.summary import (
    calls_of,
    choice_facts,
    notices,
    number,
    perplexity_fact,
    status_facts,
    truncated,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, Reply, Usage
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.view.bundle import RunView

_ESCAPES = re.compile(
    r"""(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?                     # colours, cursor
      | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\?)?  # titles
      | \x1b[ -/]*[0-~]?""",
    re.VERBOSE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_UNSURE = "unsure: "
_UNSURE_TOKEN = re.compile(r"(?P<name>.+?) (?P<percent>[\d.]+)%")
_STYLES = (
    "0",
    "38;5;16;48;5;223",
    "4;38;5;16;48;5;216",
    "4;38;5;16;48;5;209",
    "1;4;38;5;16;48;5;202",
)
"""Codes for each of the five bins: black on a hue of growing intensity, underlined."""
_BIDI = re.compile(f"[{BIDI}]")


def terminal_safe(text: str) -> str:
    """Return text that has no effect on a terminal other than being printed.

    Escape sequences and control characters are removed, also an unfinished sequence, so that the
    result for the beginning of a text is the beginning of its result. Newlines and tabs are kept,
    bidi controls become `U+202E`, lone surrogates U+FFFD.
    """
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    return _BIDI.sub(lambda match: code_point(match[0]), _CONTROLS.sub("", well_formed(text)))


def answer_text(text: str) -> str:
    """Return an answer as it is printed: safe, without empty lines around it."""
    return terminal_safe(text).lstrip("\n").rstrip()


def choice_title(title: int | str) -> str:
    """Return the line above one of several answers, given its index or title."""
    return f"── {title} ──"


def ansi_colored(text: str) -> str:
    """Colour the tokens in the line that names unsure ones, for a terminal with 256 colours."""
    lines = text.split("\n")
    return "\n".join(_color_line(line) if line.startswith(_UNSURE) else line for line in lines)


def _color_line(line: str) -> str:
    return _UNSURE + " · ".join(map(_color_token, line.removeprefix(_UNSURE).split(" · ")))


def _color_token(phrase: str) -> str:
    match = _UNSURE_TOKEN.match(phrase)
    if match is None:
        return phrase
    style = _STYLES[bin_of(float(match["percent"]) / 100)]
    return f"\x1b[{style}m{match['name']}\x1b[0m{phrase[match.end('name') :]}"


def rounds_text(rounds: Sequence[ToolRound]) -> list[str]:
    """Write the rounds before the answer: what the model wrote, and the tool calls with results."""
    parts = []
    for tool_round in rounds:
        text = answer_text(tool_round.reply.choices[0].text)
        parts += [text] if text else []
        for run in tool_round.tool_runs:
            outcome = f"failed: {run.error}" if run.result is None else f"→ {run.result}"
            call = call_words(run.name, run.arguments)
            parts.append(f"{call} {truncated(outcome)} ({number(run.seconds)} s)")
    return [answer_text("\n".join(parts))] if parts else []


def result_text(runs: Sequence[RunView]) -> str:
    """Write runs with a single answer: the answer, the status, unsure tokens."""
    return terminal_safe("\n\n".join(map(_run, runs)))


def _run(run: RunView) -> str:
    choices = run.reply.choices
    usage = run.reply.usage
    facts = [fact for choice in choices for fact in answer_facts(choice, usage)]
    answers = [answer_body(choice, run.reply) for choice in choices] or ["(no answer)"]
    lines = [" · ".join([run.model, *facts, *status_facts(run)]), run_summary(run)]
    lines += [f"prefill: {run.prefill.strip()}"] if run.prefill else []
    lines += [f"note: {notice}" for notice in notices(run)]
    return "\n\n".join([*rounds_text(run.rounds), *answers, "\n".join(filter(None, lines))])


def answer_facts(choice: Choice, usage: Usage | None = None) -> list[str]:
    """Return the facts of a choice, its perplexity and the length of its reasoning.

    `usage` is that of `choice_facts`.
    """
    facts = [*choice_facts(choice, usage), perplexity_fact(choice, usage)]
    if choice.reasoning:
        facts.append(f"{len(choice.reasoning)} characters of reasoning")
    return [fact for fact in facts if fact]


def answer_body(choice: Choice, reply: Reply) -> str:
    """Write the content, refusal, audio, images, tool calls and sources of a choice of a reply."""
    functions = [call.called for call in calls_of(choice)]
    parts = [answer_text(choice.text)] if choice.text else []
    parts += [f"refused: {choice.refusal}"] if choice.refusal else []
    if choice.audio:
        parts.append(f"audio: {choice.audio.transcript or f'{len(choice.audio.data):,} bytes'}")
    parts += [image.description for image in images_of(choice)]
    parts += [f"calls {function.name}({function.arguments})" for function in functions]
    parts += [source.description for source in sources_of(choice, reply)] if parts else []
    return "\n".join(parts) or "(empty answer)"
