"""What the answers to small test requests tell about a server, one rule for each feature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_magic.core.reply.capability import Capability
from chat_magic.core.reply.prefill import starts_new_turn
from chat_magic.core.reply.tokens import status_of
from chat_magic.core.request.capability_probes import (
    COUNTED_TO,
    MANY_ALTERNATIVES,
    PREFILL,
    PROPERTY,
    SHORT,
    TOOL,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat_magic.core.reply.capability import Support
    from chat_magic.core.reply.reply import Reply, TokenLogprob, TopLogprob

__all__ = [
    "NOTHING_TELLS",
    "json_schema_of",
    "limit_in",
    "logprobs_of",
    "max_tokens_of",
    "n_of",
    "named_field",
    "prefill_of",
    "reasoning_of",
    "seed_of",
    "stop_of",
    "stop_word",
    "stream_usage_of",
    "temperature_of",
    "text_of",
    "tools_of",
    "top_logprobs_of",
]

NOTHING_TELLS = "accepted; no probabilities tell whether they are from before or after it"
_FEW_ALTERNATIVES = 20
"""The most that the API itself allows."""
_LIMIT = re.compile(
    r"(?:at most|less than or equal to|no more than|up to"
    r"|max(?:imum)?(?: allowed)?(?: value)?(?: is| of)?"
    r"|between \d+ and|<=|≤|\b0\s*(?:-|to|\.\.)\s*)\s*:?\s*(\d+)",
    re.IGNORECASE,
)
_TOLERANCE = 0.15
"""Of the ratio of two temperatures, as the probabilities of a few tokens tell it."""


def named_field(words: str, fields: Iterable[str]) -> str | None:
    """Return the field that an error names, the longest if it names several; None if it names none.

    Args:
        words: The error.
        fields: The names of the fields that were sent.
    """
    named = [name for name in fields if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)]
    return max(named, key=len, default=None)


def limit_in(words: str) -> int | None:
    """Return the greatest value that an error says is allowed; None if it says none."""
    limits = [int(number) for number in _LIMIT.findall(words)]
    return min((limit for limit in limits if limit < MANY_ALTERNATIVES), default=None)


def text_of(reply: Reply) -> str:
    """Return the text of the first choice, reasoning included; empty without one."""
    if not reply.choices:
        return ""
    first = reply.choices[0]
    return (first.reasoning or "") + first.text


def max_tokens_of(reply: Reply, limit: int) -> Capability:
    """Tell from an answer that is longer than its limit, if it is not cut."""
    counted = reply.usage.completion_tokens if reply.usage else None
    count = counted if counted is not None else len(_tokens(reply))
    if count > limit:
        return Capability("max_tokens", "ignored", f"{count} tokens came, {limit} were allowed")
    if any(choice.finish_reason == "length" for choice in reply.choices):
        return Capability("max_tokens", "honoured")
    if not count and len(text_of(reply).split()) > 2 * limit:
        return Capability("max_tokens", "ignored", "the answer is longer than that")
    return Capability("max_tokens", "unknown", "the answer ended by itself")


def stream_usage_of(reply: Reply) -> Capability:
    """Tell from the usage of a stream that was asked for it."""
    is_there = reply.usage is not None and reply.usage.completion_tokens is not None
    return Capability("stream_usage", "honoured" if is_there else "ignored")


def logprobs_of(reply: Reply) -> Capability:
    """Tell from the log probabilities of the tokens."""
    tokens = _tokens(reply)
    if not tokens:
        return Capability("logprobs", "ignored", "none came")
    known = [token for token in tokens if status_of(token.logprob) == "ok"]
    if not known:
        return Capability("logprobs", "partly", "none of them is a log probability")
    if len(tokens) > 1 and all(token.logprob == 0 for token in known):
        return Capability("logprobs", "partly", "all of them are 0")
    return Capability("logprobs", "honoured")


def top_logprobs_of(reply: Reply, asked: int) -> Capability:
    """Tell how many alternatives a token gets from an answer for which many were asked."""
    count = max((len(_alternatives(token)) for token in _tokens(reply)), default=0)
    if count == 0:
        return Capability("top_logprobs", "ignored", "0 alternatives came")
    support: Support = "honoured" if count >= min(asked, _FEW_ALTERNATIVES) else "partly"
    return Capability(
        "top_logprobs", support, f"{count} or more" if count >= asked else f"{count} at most"
    )


def temperature_of(cold: Reply, one: Reply, other: Reply, ratio: float) -> Capability:
    """Tell whether the reported probabilities are from before or after the temperature.

    Log probabilities after a temperature T are those before it, over T, plus a constant: the
    slope of the one over the other is 1 if neither is tempered, else the ratio of temperatures.

    Args:
        cold: An answer at temperature 0: each of its tokens should be the likeliest.
        one: An answer to some prompt at one temperature.
        other: An answer to the same at another.
        ratio: The temperature of `one` over that of `other`.
    """
    slope = _slope(one, other)
    if slope is None:
        return Capability("temperature", "unknown", NOTHING_TELLS)
    if abs(slope - ratio) < _TOLERANCE:
        return Capability("temperature", "honoured", "after")
    if abs(slope - 1) > _TOLERANCE:
        return Capability("temperature", "unknown", "the probabilities tell nothing")
    if not all(map(_is_likeliest, _tokens(cold))):
        return Capability("temperature", "ignored", "before; at 0 less likely tokens were sampled")
    return Capability("temperature", "honoured", "before")


def n_of(reply: Reply, asked: int) -> Capability:
    """Tell from the number of choices."""
    count = len(reply.choices)
    came = f"{count} choice{'' if count == 1 else 's'} came, {asked} were asked for"
    if count == asked:
        return Capability("n", "honoured")
    return Capability("n", "ignored" if count < 2 else "partly", came)


def seed_of(first: Reply, second: Reply, unseeded: Sequence[str]) -> Capability:
    """Tell from two answers with one seed, and the texts of others without."""
    texts = text_of(first), text_of(second)
    if texts[0] != texts[1]:
        return Capability("seed", "ignored", "equal seeds gave different answers")
    if not texts[0] or all(text == texts[0] for text in unseeded):
        return Capability("seed", "unknown", "all answers are the same")
    return Capability("seed", "honoured")


def stop_word(text: str) -> str | None:
    """Return a word or a character inside a text, which is to end it; None if there is none."""
    for pattern in (r"\w{2,}", r"\w"):
        inner = list(re.finditer(pattern, text))[1:]
        first = [found[0] for found in inner if text.find(found[0]) == found.start()]
        if first:
            return first[len(first) // 2]
    return None


def stop_of(whole: str, word: str, reply: Reply) -> Capability:
    """Tell from the answer that was given before, now with a word of it as stop sequence."""
    text = text_of(reply)
    before = whole[: whole.index(word)]
    if text.rstrip() == before.rstrip():
        return Capability("stop", "honoured")
    if text.rstrip() == (before + word).rstrip():
        return Capability("stop", "partly", "the stop sequence is left in the answer")
    if text.startswith(before + word):
        return Capability("stop", "ignored", "the answer continues after it")
    return Capability("stop", "unknown", "the same request got another answer")


def prefill_of(reply: Reply) -> Capability:
    """Tell from the answer to a message that counts up to some number."""
    text = text_of(reply)
    number = re.search(r"\d+", text)
    if text.lstrip().startswith(PREFILL[:16]):
        return Capability("prefill", "partly", "repeats")
    if not starts_new_turn(text) and number and int(number[0]) == COUNTED_TO + 1:
        return Capability("prefill", "honoured", "continues")
    if not text.strip():
        return Capability("prefill", "unknown", "the answer is empty")
    return Capability("prefill", "ignored", "starts anew")


def json_schema_of(reply: Reply) -> Capability:
    """Tell from the answer to a request for an unlikely object."""
    text = text_of(reply).lstrip()
    # Servers that allow blanks may use up the limit of tokens with them.
    if re.match(rf'\{{\s*"{PROPERTY}"\s*(?:$|:\s*-?(?:$|\d))', text):
        return Capability("json_schema", "honoured")
    if text.startswith("{"):
        return Capability("json_schema", "partly", "the answer is JSON of another form")
    return Capability("json_schema", "ignored", "the answer is not such JSON")


def tools_of(reply: Reply) -> Capability:
    """Tell from the answer to a request that requires a call."""
    calls = [call for choice in reply.choices for call in choice.tool_calls or ()]
    if any(call.called.name == TOOL for call in calls):
        return Capability("tools", "honoured")
    if calls:
        return Capability("tools", "partly", "it called another function")
    return Capability("tools", "ignored", "it called no function")


def reasoning_of(reply: Reply) -> Capability:
    """Tell from the reasoning in an answer, or its count of reasoning tokens."""
    details = (reply.usage.completion_tokens_details if reply.usage else None) or {}
    count = details.get("reasoning_tokens")
    if any(choice.reasoning for choice in reply.choices):
        return Capability("reasoning", "honoured", "its text came")
    if isinstance(count, int) and count > 0:
        return Capability("reasoning", "honoured", f"{count} tokens were counted, no text came")
    if "<think>" in text_of(reply):
        return Capability("reasoning", "partly", "it is in the text, between <think> tags")
    return Capability("reasoning", "ignored", "no reasoning came")


def _tokens(reply: Reply) -> Sequence[TokenLogprob]:
    logprobs = reply.choices[0].logprobs if reply.choices else None
    return (logprobs.content or logprobs.reasoning or ()) if logprobs else ()


def _alternatives(token: TokenLogprob) -> Sequence[TopLogprob]:
    return token.top_logprobs or ()


def _is_likeliest(token: TokenLogprob) -> bool:
    known = [other.logprob for other in _alternatives(token) if other.logprob is not None]
    return token.logprob is None or token.logprob >= max(known, default=token.logprob) - 1e-3


def _slope(one: Reply, other: Reply) -> float | None:
    """Return the slope of the log probabilities of the first token in `other` over those in `one`.

    It is that of a line through the likeliest token that both have, by least squares.
    """
    tables = []
    for reply in (one, other):
        tokens = _tokens(reply)[:1]
        tables.append(
            {
                alternative.token: alternative.logprob
                for token in tokens
                for alternative in _alternatives(token)
                if status_of(alternative.logprob) == "ok" and alternative.logprob is not None
            }
        )
    common = [name for name in tables[1] if name in tables[0]][:SHORT]
    if len(common) < 2:
        return None
    first = max(common, key=lambda name: tables[0][name])
    steps = [
        (tables[0][name] - tables[0][first], tables[1][name] - tables[1][first]) for name in common
    ]
    squares = sum(step * step for step, _ in steps)
    return sum(step * to for step, to in steps) / squares if squares > 1e-6 else None
