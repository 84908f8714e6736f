"""Facts about a result as short phrases, shared by HTML, text and the payload."""

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
"""Surprisal in bits at which a sparkline's character is full: a probability under 1%."""
_VERDICTS = ("accepted", "rejected")
_GLYPHS = str.maketrans({"\n": "↵", "\t": "⇥", " ": "␣"})
_LONGEST_NAME = 40


def number(value: float) -> str:
    """Format a positive number with at most three digits: `0.41`, `3.2`, `92`."""
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def percent(prob: float) -> str:
    """Format a probability, 0 to 1, as a percentage: `31%`, `0.4%`, `0.00%`."""
    return f"{percent_digits(prob)}%"


def percent_digits(prob: float) -> str:
    """Format a probability as a percentage without its sign: `31`, `0.4`, `0.00`."""
    if prob >= 0.01:
        return f"{100 * prob:.0f}"
    return f"{100 * prob:.1g}" if prob >= 0.0001 else "0.00"


def money(cost: float) -> str:
    """Format an amount in dollars, small ones with four decimals: `$0.0007`, `$1.25`."""
    if cost >= 1 or cost == 0:
        return f"${cost:.2f}"
    return f"${cost:.4f}" if cost >= 0.0001 else "<$0.0001"


def speed_facts(ttft_s: float | None, tokens_per_s: float | None) -> list[str]:
    """Return the time to the first token and the speed, where they are known."""
    facts = [] if ttft_s is None else [f"{number(ttft_s)} s to first token"]
    return facts if tokens_per_s is None else [*facts, f"{number(tokens_per_s)} tokens/s"]


def status_facts(run: RunView) -> list[str]:
    """Return the time, speed, tokens, seed and cost of a request."""
    return [
        *_time_facts(run.timing),
        *token_facts(run.usage),
        *_seed_facts(run),
        *([] if run.cost is None else [money(run.cost)]),
    ]


def _time_facts(timing: Timing) -> list[str]:
    facts = speed_facts(timing.ttft_s, timing.tokens_per_s)
    return facts if timing.ttft_s is not None else [f"{number(timing.total_s)} s", *facts]


def token_facts(usage: Usage | None) -> list[str]:
    """Return the numbers of prompt and completion tokens, such as `31 in · 52 out`."""
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return []
    n_reasoning = (usage.completion_tokens_details or {}).get("reasoning_tokens")
    reasoning = f" ({n_reasoning} reasoning)" if n_reasoning else ""
    return [
        f"{usage.prompt_tokens} in · {usage.completion_tokens} out{reasoning}",
        *_prediction_facts(usage),
    ]


def _prediction_facts(usage: Usage) -> list[str]:
    details = usage.completion_tokens_details or {}
    accepted, rejected = (details.get(f"{verdict}_prediction_tokens") for verdict in _VERDICTS)
    if not accepted and not rejected:
        return []
    return [f"predicted: {accepted or 0} accepted · {rejected or 0} rejected"]


def _seed_facts(run: RunView) -> list[str]:
    """Return the seed with the server's fingerprint, as it is reproducible for that one only."""
    seed, fingerprint = run.request.get("seed"), run.reply.system_fingerprint
    return [] if seed is None else [" · ".join([f"seed {seed}", *filter(None, [fingerprint])])]


def notices(run: RunView) -> list[str]:
    """Return the warnings of a request and of its answer, without repetitions."""
    return list(dict.fromkeys((*run.warnings, *run.reply.warnings)))


def choice_facts(choice: Choice, usage: Usage | None = None) -> list[str]:
    """Return the finish reason of a choice and its number of tokens.

    Args:
        choice: The choice.
        usage: The request's usage if this is its only choice, for the number of tokens.
    """
    count = len(tokens_of(choice)) or (usage.completion_tokens if usage else None)
    facts = [] if choice.finish_reason is None else [choice.finish_reason]
    return facts if count is None else [*facts, f"{count} token{'' if count == 1 else 's'}"]


def calls_of(choice: Choice) -> list[ToolCall]:
    """Return the tool calls of a choice, including one in the deprecated `function_call`."""
    deprecated = choice.message.function_call
    return [*choice.tool_calls, *([ToolCall(function=deprecated)] if deprecated else [])]


def truncated(text: str, most: int = 2_000) -> str:
    """Cut a text that is too long to show, and say how many characters are left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} characters left out)"


def perplexity_fact(choice: Choice) -> str | None:
    """Return `perplexity 1.42`, or None without log probabilities."""
    value = perplexity(tokens_of(choice))
    if value is None:
        return None
    return f"perplexity {value:.2f}" if value < 100 else f"perplexity {value:.3g}"


def sparkline(segments: Sequence[TextSegment]) -> str:
    """Draw the surprisal along an answer in block characters; empty if none is known.

    A character that stands for several tokens shows their root mean square, in which a single
    peak remains visible.
    """
    if not any(segment.prob is not None for segment in segments):
        return ""
    heights = [_height(segment.prob) for segment in segments]
    width = math.ceil(len(heights) / _SPARKS)
    groups = [heights[start : start + width] for start in range(0, len(heights), width)]
    means = [math.hypot(*group) / math.sqrt(len(group)) for group in groups]
    return "".join(_BLOCKS[round(mean * (len(_BLOCKS) - 1))] for mean in means)


def choice_sparkline(choice: Choice) -> str:
    """Draw the surprisal along the content, or else the refusal, of a choice."""
    return sparkline(text_segments(tokens_of(choice)))


def _height(prob: float | None) -> float:
    """Return a token's surprisal as a fraction, 0 to 1, of a full character."""
    if prob is None:
        return 0.0
    return min(-math.log2(prob) / _TOP_BITS, 1.0) if prob else 1.0


def unsure_summary(
    choices: Sequence[Choice], *, show: Callable[[str], str] = str, limit: int = 3
) -> str | None:
    """Name the tokens of which the model was least sure, with their alternatives.

    Args:
        choices: The choices of one or several answers.
        show: Formats a token's name, for HTML.
        limit: How many tokens to name.

    Returns:
        `unsure: Charlotte 31% (Catherine 24, Clara 9)`, in reading order; None if no token is
        under 50%. Punctuation is named only if no word is under 50%.
    """
    segments = [segment for choice in choices for segment in text_segments(tokens_of(choice))]
    doubtful = list({(s.text, s.prob): s for s in segments if s.grade}.values())
    candidates = [segment for segment in doubtful if _is_word(segment.text)] or doubtful
    least = sorted(candidates, key=lambda segment: segment.prob or 0.0)[:limit]
    named = [_unsure_token(s, show) for s in doubtful if any(s is chosen for chosen in least)]
    return f"unsure: {' · '.join(named)}" if named else None


def _unsure_token(segment: TextSegment, show: Callable[[str], str]) -> str:
    others = ", ".join(
        f"{show(token_name(text))} {percent_digits(prob)}"
        for text, prob in alternatives(segment.token)[:2]
        if prob >= 0.01
    )
    named = f"{show(token_name(segment.text))} {percent(segment.prob or 0.0)}"
    return f"{named} ({others})" if others else named


def _is_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def token_name(token: str) -> str:
    """Format a token to be named in a sentence: bare if it is a word, else in quotes."""
    if not _is_word(token):
        return f"“{_cut(visible(token.translate(_GLYPHS)))}”"
    return _cut(visible(" ".join(token.split())))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
