"""Facts about a result as short phrases, shared by HTML, text and the payload."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chat_magic.analysis.missing_tokens import missing_tokens
from chat_magic.core.reply.reply import Choice, Timing, ToolCall, Usage
from chat_magic.view.html.escape import visible
from chat_magic.view.setting_facts import setting_facts
from chat_magic.view.text_segments import (
    TextSegment,
    alternatives,
    choice_segments,
    perplexity,
)
from chat_magic.view.token_roles import tokens_in_text, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.reply.thread_use import ThreadUse
    from chat_magic.view.bundle import RunView

_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKS = 24
"""Characters in a sparkline; in longer answers each stands for several tokens."""
_TOP_BITS = 7.0
"""Surprisal in bits at which a sparkline's character is full: a probability under 1%."""
_VERDICTS = ("accepted", "rejected")
_GLYPHS = str.maketrans({"\n": "↵", "\t": "⇥", " ": "␣"})
_LONGEST_NAME = 40
_FINISHES = {"stop": "finished", "length": "cut off"}
_MOST_INDEXES = 3
"""Choices that are named by their indices."""
_LOCAL = ("local", "local/smollm2-135m-instruct")
_LOCAL_SIZE = "SmolLM2-135M-Instruct: a 135-million-parameter model"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
    """Return the conversation, settings, time, speed, tokens, seed and cost of a request."""
    return [
        *([] if run.thread is None else [thread_fact(run.thread, run.reply.usage)]),
        *([_LOCAL_SIZE] if run.model in _LOCAL else []),
        *setting_facts(run),
        *_time_facts(run.timing),
        *token_facts(run.usage),
        *_seed_facts(run),
        *([] if run.cost is None else [money(run.cost)]),
        *recorded_facts(run),
    ]


def thread_fact(thread: ThreadUse, usage: Usage | None) -> str:
    """Return the name of a conversation, and how long it is by the server's last count.

    Such as `thread plan: 1,234 of 128,000 tokens (1%)`; the window is left out if not known.
    """
    counts = [] if usage is None else [usage.prompt_tokens, usage.completion_tokens]
    count = None if usage is None else usage.total_tokens
    if count is None and counts and None not in counts:
        count = sum(filter(None, counts))
    if count is None:
        return f"thread {thread.name}"
    if thread.window is None:
        return f"thread {thread.name}: {count:,} tokens"
    share = percent(count / thread.window)
    return f"thread {thread.name}: {count:,} of {thread.window:,} tokens ({share})"


def recorded_facts(run: RunView) -> list[str]:
    """Return the day of a recorded answer in UTC: `recorded 3 Nov 2026`."""
    if run.recorded_s is None:
        return []
    day = datetime.fromtimestamp(run.recorded_s, UTC)
    return [f"recorded {day.day} {_MONTHS[day.month - 1]} {day.year}"]


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
    """Return how a choice ended, and its number of tokens: `finished`, `cut off at 80 tokens`.

    Where the server counts other tokens than those that have a log probability, it says so:
    `58 of 80 tokens with a probability`.

    Args:
        choice: The choice.
        usage: The request's usage if this is its only choice, for the number of tokens.
    """
    counted = usage.completion_tokens if usage else None
    n_known = len(tokens_of(choice))
    count = counted or n_known
    if count and choice.finish_reason == "length":
        differs = n_known and n_known != count
        known = [f"{n_known} of them with a probability"] if differs else []
        return [f"cut off at {_tokens(count)}", *known]
    n_reasoning = usage and (usage.completion_tokens_details or {}).get("reasoning_tokens")
    answer = None if counted is None else counted - (n_reasoning or 0)
    return [fact for fact in (finish_words(choice), _length(choice, n_known, answer)) if fact]


def _length(choice: Choice, n_known: int, counted: int | None) -> str:
    """Say how long an answer is, by its log probabilities and by the server's count."""
    if not n_known or not counted or n_known == counted:
        return "" if counted is None and not n_known else _tokens(n_known or counted or 0)
    if n_known > counted:
        return f"{_tokens(n_known)}, {counted} by the server's count"
    if counted == n_known + 1 and choice.finish_reason == "stop":
        return f"{_tokens(n_known)} and the end token"
    return f"{n_known} of {_tokens(counted)} with a probability"


def _tokens(count: int) -> str:
    return f"{count} token{'' if count == 1 else 's'}"


def finish_words(choice: Choice) -> str:
    """Say how a choice ended; empty if its server did not."""
    return _FINISHES.get(choice.finish_reason or "", choice.finish_reason or "")


def calls_of(choice: Choice) -> list[ToolCall]:
    """Return the tool calls of a choice, including one in the deprecated `function_call`."""
    deprecated = choice.message.function_call
    return [*choice.tool_calls, *([ToolCall(function=deprecated)] if deprecated else [])]


def truncated(text: str, most: int = 2_000) -> str:
    """Cut a text that is too long to show, and say how many characters are left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text) - most:,} characters left out)"


def perplexity_fact(choice: Choice, usage: Usage | None = None) -> str | None:
    """Return `perplexity 1.42`, or None without log probabilities.

    If tokens lack one, it says how many have one: `perplexity 1.42 over 3 of 5 tokens`.

    Args:
        choice: The choice.
        usage: The request's usage if this is its only choice.
    """
    tokens = tokens_in_text(choice)
    value, n_missing = perplexity(tokens), missing_tokens(choice, usage)
    if value is None:
        return None
    over = f" over {len(tokens)} of {len(tokens) + n_missing} tokens" if n_missing else ""
    form = ".2f" if value < 100 else ",.0f" if value < 1e6 else ".3g"
    return f"perplexity {value:{form}}{over}"


def sparkline(segments: Sequence[TextSegment]) -> str:
    """Draw the surprisal along an answer in block characters; empty if none is known.

    A character that stands for several tokens shows their root mean square, in which a single
    peak remains visible.
    """
    probs = [segment.prob if segment.counts else None for segment in segments]
    if not any(prob is not None for prob in probs):
        return ""
    heights = list(map(_height, probs))
    width = math.ceil(len(heights) / _SPARKS)
    groups = [heights[start : start + width] for start in range(0, len(heights), width)]
    means = [math.hypot(*group) / math.sqrt(len(group)) for group in groups]
    return "".join(_BLOCKS[round(mean * (len(_BLOCKS) - 1))] for mean in means)


def choice_sparkline(choice: Choice, json_prefill: str | None = None) -> str:
    """Draw the surprisal along the content, or else the refusal, of a choice.

    Where JSON was asked for, with this prefill, it is flat between the values.
    """
    return sparkline(choice_segments(choice, json_prefill))


def _height(prob: float | None) -> float:
    """Return a token's surprisal as a fraction, 0 to 1, of a full character."""
    if prob is None:
        return 0.0
    return min(-math.log2(prob) / _TOP_BITS, 1.0) if prob else 1.0


def unsure_summary(
    choices: Sequence[Choice],
    *,
    json_prefill: str | None = None,
    show: Callable[[str], str] = str,
    limit: int = 3,
) -> str | None:
    """Name the tokens of which the model was least sure, with their alternatives.

    Args:
        choices: The choices of one or several answers.
        json_prefill: The prefill of a request that asked for JSON, whose values alone are named.
        show: Formats a token's name, for HTML.
        limit: How many tokens to name.

    Returns:
        `unsure: Charlotte 31% (Catherine 24, Clara 9)`, in reading order, of several choices with
        ` in choice 2`; None if no token is under 50%. Punctuation is named only if no word is
        under 50%.
    """
    places: dict[tuple[str, float | None], list[int]] = {}
    doubtful = []
    for choice in choices:
        for segment in choice_segments(choice, json_prefill):
            if not segment.grade:
                continue
            indexes = places.setdefault((segment.text, segment.prob), [])
            doubtful += [] if indexes else [segment]
            indexes += [] if choice.index in indexes else [choice.index]
    candidates = [segment for segment in doubtful if _is_word(segment.text)] or doubtful
    least = sorted(candidates, key=lambda segment: segment.prob or 0.0)[:limit]
    named = [
        _unsure_token(segment, show)
        + (in_choices(places[segment.text, segment.prob]) if len(choices) > 1 else "")
        for segment in doubtful
        if any(segment is chosen for chosen in least)
    ]
    return f"unsure: {' · '.join(named)}" if named else None


def in_choices(indexes: Sequence[int]) -> str:
    """Say which choices a token is from, by their indices."""
    if len(indexes) == 1:
        return f" in choice {indexes[0]}"
    if len(indexes) > _MOST_INDEXES:
        return f" in {len(indexes)} choices"
    return f" in choices {', '.join(map(str, indexes[:-1]))} and {indexes[-1]}"


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
    """Format a token to be named in a sentence: bare if it is a word, else in quotes.

    A token without text, such as the one that ends an answer, is `∅`.
    """
    if not token:
        return "∅"
    if not _is_word(token):
        return f"“{_cut(visible(token.translate(_GLYPHS)))}”"
    return _cut(visible(" ".join(token.split())))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
