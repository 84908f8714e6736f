"""Results as plain text, for terminals, logs of scheduled notebooks, and pages without HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_magic.core.reply.tokens import bin_of, well_formed
from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.view.html.escape import BIDI, code_point
from chat_magic.view.summary import (
    calls,
    choice_facts,
    notices,
    number,
    perplexity_fact,
    shortened,
    status_facts,
    unsure,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import Choice, Usage
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
_DOUBT = re.compile(r"(?P<name>.+?) (?P<percent>[\d.]+) %")
_STYLES = (
    "0",
    "38;5;16;48;5;223",
    "4;38;5;16;48;5;216",
    "4;38;5;16;48;5;209",
    "1;4;38;5;16;48;5;202",
)
"""How a terminal shows each of the five bins: black on more and more of one hue, underlined."""
_BIDI = re.compile(f"[{BIDI}]")


def terminal_safe(text: str) -> str:
    """Return text that a terminal can print and does nothing else with.

    Escape sequences and control characters are taken out (an unfinished sequence too, so that
    what is safe of a text's beginning is the beginning of what is safe of the text), newlines and
    tabs are kept, bidi controls become `U+202E`, lone surrogates U+FFFD.
    """
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    return _BIDI.sub(lambda match: code_point(match[0]), _CONTROLS.sub("", well_formed(text)))


def answer_text(text: str) -> str:
    """Return an answer as it is printed: safe, without the empty lines around it."""
    return terminal_safe(text).lstrip("\n").rstrip()


def choice_title(title: int | str) -> str:
    """Return the line above one of several answers, given its index or what it is called."""
    return f"── {title} ──"


def ansi_colored(text: str) -> str:
    """Paint what was unsure, in the line that names it, for a terminal of 256 colours."""
    lines = text.split("\n")
    return "\n".join(_paint(line) if line.startswith(_UNSURE) else line for line in lines)


def _paint(line: str) -> str:
    return _UNSURE + " · ".join(map(_paint_doubt, line.removeprefix(_UNSURE).split(" · ")))


def _paint_doubt(doubt: str) -> str:
    match = _DOUBT.match(doubt)
    if match is None:
        return doubt
    style = _STYLES[bin_of(float(match["percent"]) / 100)]
    return f"\x1b[{style}m{match['name']}\x1b[0m{doubt[match.end('name') :]}"


def rounds_text(rounds: Sequence[ToolRound]) -> list[str]:
    """Write what came before the answer: what the model said, and the calls that were run."""
    parts = []
    for each in rounds:
        said = answer_text(each.reply.choices[0].text)
        parts += [said] if said else []
        for run in each.tool_runs:
            outcome = f"failed: {run.error}" if run.result is None else f"→ {run.result}"
            words = call_words(run.name, run.arguments)
            parts.append(f"{words} {shortened(outcome)} ({number(run.seconds)} s)")
    return [answer_text("\n".join(parts))] if parts else []


def result_text(runs: Sequence[RunView]) -> str:
    """Write runs of one answer one below the other: the answer, the status, what was unsure."""
    return terminal_safe("\n\n".join(map(_run, runs)))


def _run(run: RunView) -> str:
    choices = run.reply.choices
    usage = run.reply.usage
    facts = [fact for choice in choices for fact in answer_facts(choice, usage)]
    answers = [answer_body(choice) for choice in choices] or ["(no answer)"]
    lines = [" · ".join([run.model, *facts, *status_facts(run)]), unsure(choices)]
    lines += [f"prefill: {run.prefill.strip()}"] if run.prefill else []
    lines += [f"note: {notice}" for notice in notices(run)]
    return "\n\n".join([*rounds_text(run.rounds), *answers, "\n".join(filter(None, lines))])


def answer_facts(choice: Choice, usage: Usage | None = None) -> list[str]:
    """Say how a choice ended, how long it is and how sure the model was; `usage` as there."""
    facts = [*choice_facts(choice, usage), perplexity_fact(choice)]
    if choice.reasoning:
        facts.append(f"{len(choice.reasoning)} characters of reasoning")
    return [fact for fact in facts if fact]


def answer_body(choice: Choice) -> str:
    """Write what a choice says, whatever kind of answer it is."""
    called = [call.function for call in calls(choice)]
    parts = [answer_text(choice.text)] if choice.text else []
    parts += [f"refused: {choice.refusal}"] if choice.refusal else []
    if choice.audio:
        parts.append(f"audio: {choice.audio.transcript or f'{len(choice.audio.data):,} bytes'}")
    parts += [f"calls {call.name}({call.arguments})" for call in called]
    return "\n".join(parts) or "(empty answer)"
