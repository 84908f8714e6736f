"""What every picture of a result says in words and figures, the same in HTML and in text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chat_magic.core.reply.reply import Choice, Timing, ToolCall, Usage
from chat_magic.view.html.escape import visible
from chat_magic.view.text_segments import (
    TextSegment,
    alternatives,
    perplexity,
    text_segments,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.view.bundle import RunView

_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKS = 24
"""Characters in a sparkline; in longer answers each stands for several tokens."""
_TOP_BITS = 7.0
"""Surprisal in bits that fills a sparkline's character: a probability under 1 %."""
_VERDICTS = ("accepted", "rejected")
_GLYPHS = str.maketrans({"\n": "↵", "\t": "⇥", " ": "␣"})


def number(value: float) -> str:
    """Write a positive figure with three digits or fewer: `0.41`, `3.2`, `92`."""
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def percent(prob: float) -> str:
    """Write a probability, 0 to 1, as a percentage without its sign: `31`, `0.4`, `0.00`."""
    if prob >= 0.01:
        return f"{100 * prob:.0f}"
    return f"{100 * prob:.1g}" if prob >= 0.0001 else "0.00"


def money(cost: float) -> str:
    """Write an amount in dollars, with as many digits as it needs: `$0.0007`, `$1.25`."""
    if cost >= 1 or cost == 0:
        return f"${cost:.2f}"
    return f"${cost:.4f}" if cost >= 0.0001 else "<$0.0001"


def speed_facts(ttft_s: float | None, tokens_per_s: float | None) -> list[str]:
    """Say how fast an answer came or is coming."""
    facts = [] if ttft_s is None else [f"{number(ttft_s)} s to first token"]
    return facts if tokens_per_s is None else [*facts, f"{number(tokens_per_s)} tokens/s"]


def status_facts(run: RunView) -> list[str]:
    """Say what a request took: time, speed, tokens, cost."""
    return [
        *_time(run.timing),
        *token_facts(run.usage),
        *_seeded(run),
        *([] if run.cost is None else [money(run.cost)]),
    ]


def _time(timing: Timing) -> list[str]:
    facts = speed_facts(timing.ttft_s, timing.tokens_per_s)
    return facts if timing.ttft_s is not None else [f"{number(timing.total_s)} s", *facts]


def token_facts(usage: Usage | None) -> list[str]:
    """Say how many tokens went in and came out."""
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return []
    reasoned = (usage.completion_tokens_details or {}).get("reasoning_tokens")
    thought = f" ({reasoned} reasoning)" if reasoned else ""
    return [
        f"{usage.prompt_tokens} in · {usage.completion_tokens} out{thought}",
        *_predicted(usage),
    ]


def _predicted(usage: Usage) -> list[str]:
    """Say how much of a predicted output came true."""
    details = usage.completion_tokens_details or {}
    accepted, rejected = (details.get(f"{which}_prediction_tokens") for which in _VERDICTS)
    if not accepted and not rejected:
        return []
    return [f"predicted: {accepted or 0} accepted · {rejected or 0} rejected"]


def _seeded(run: RunView) -> list[str]:
    """Say the seed, beside the server's fingerprint that it holds for."""
    seed, fingerprint = run.request.get("seed"), run.reply.system_fingerprint
    return [] if seed is None else [" · ".join([f"seed {seed}", *filter(None, [fingerprint])])]


def notices(run: RunView) -> list[str]:
    """Return the warnings of a request and of its answer, each once, in their own words."""
    return list(dict.fromkeys((*run.warnings, *run.reply.warnings)))


def choice_facts(choice: Choice, usage: Usage | None = None) -> list[str]:
    """Say how a choice ended and how long it is.

    Args:
        choice: The choice.
        usage: The request's usage where this is its only choice, for its count of tokens.
    """
    count = len(tokens_of(choice)) or (usage.completion_tokens if usage else None)
    facts = [] if choice.finish_reason is None else [choice.finish_reason]
    return facts if count is None else [*facts, f"{count} token{'' if count == 1 else 's'}"]


def calls(choice: Choice) -> list[ToolCall]:
    """Return what a choice wants called, a call of the older `function_call` kind included."""
    older = choice.message.function_call
    return [*choice.tool_calls, *([ToolCall(function=older)] if older else [])]


def shortened(text: str, most: int = 2_000) -> str:
    """Return the beginning of a text that is too long for a picture, and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} characters left out)"


def perplexity_fact(choice: Choice) -> str | None:
    """Return `perplexity 1.42`, or None without log probabilities."""
    value = perplexity(tokens_of(choice))
    if value is None:
        return None
    return f"perplexity {value:.2f}" if value < 100 else f"perplexity {value:.3g}"


def sparkline(pieces: Sequence[TextSegment]) -> str:
    """Draw the surprisal along an answer in block characters; empty when nothing is measured.

    Of several tokens it is the root mean square, in which a single peak still shows.
    """
    if not any(piece.prob is not None for piece in pieces):
        return ""
    heights = [_height(piece.prob) for piece in pieces]
    width = math.ceil(len(heights) / _SPARKS)
    groups = [heights[start : start + width] for start in range(0, len(heights), width)]
    means = [math.hypot(*group) / math.sqrt(len(group)) for group in groups]
    return "".join(_BLOCKS[round(mean * (len(_BLOCKS) - 1))] for mean in means)


def choice_sparkline(choice: Choice) -> str:
    """Draw the surprisal along what a choice shows as its answer."""
    return sparkline(text_segments(tokens_of(choice)))


def _height(prob: float | None) -> float:
    """Return a token's surprisal as a share, 0 to 1, of what fills a character."""
    if prob is None:
        return 0.0
    return min(-math.log2(prob) / _TOP_BITS, 1.0) if prob else 1.0


def unsure(
    choices: Sequence[Choice], *, show: Callable[[str], str] = str, limit: int = 3
) -> str | None:
    """Name the tokens that the model was least sure of, and what else it considered.

    Args:
        choices: The choices of one or several answers.
        show: Writes a token's name, for HTML; the other words are the same there.
        limit: How many to name.

    Returns:
        `unsure: Charlotte 31 % (Catherine 24, Clara 9)`, in reading order; None when no token is
        under 50 %. Punctuation is named only where there is no word to name.
    """
    pieces = [piece for choice in choices for piece in text_segments(tokens_of(choice))]
    doubtful = list({(p.text, p.prob): p for p in pieces if p.grade}.values())
    candidates = [piece for piece in doubtful if _is_word(piece.text)] or doubtful
    least = sorted(candidates, key=lambda piece: piece.prob or 0.0)[:limit]
    named = [_doubt(piece, show) for piece in doubtful if any(piece is other for other in least)]
    return f"unsure: {' · '.join(named)}" if named else None


def _doubt(piece: TextSegment, show: Callable[[str], str]) -> str:
    others = ", ".join(
        f"{show(name(text))} {percent(prob)}"
        for text, prob in alternatives(piece.token)[:2]
        if prob >= 0.01
    )
    words = f"{show(name(piece.text))} {percent(piece.prob or 0.0)} %"
    return f"{words} ({others})" if others else words


def _is_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def name(token: str) -> str:
    """Write a token so that it can be named in a sentence: bare as a word, else in quotes."""
    if not _is_word(token):
        return f"“{_shorten(visible(token.translate(_GLYPHS)))}”"
    return _shorten(visible(" ".join(token.split())))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
