"""What a request cost, in dollars: as the gateway says, or by known prices; never guessed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.reply import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chat_magic.core.reply.reply import Reply
    from chat_magic.core.request.config import Price
    from chat_magic.core.request.request import ChatRequest

CHARACTERS_PER_TOKEN = 4
"""In a prompt whose tokens have not been counted; about right for English text."""
UNLIMITED_TOKENS = 1_000
"""Completion tokens that a choice without a limit is taken to have at most."""
_CACHED = ("prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens")
_WRITTEN = ("cache_creation_input_tokens", "cache_write_tokens")
"""Names of DeepSeek, Anthropic and others for what others have in the details."""


def cost_of(usage: Usage | None, price: Price | None, tier: str | None = None) -> float | None:
    """Return what a request cost in dollars, or None where that is not known.

    Args:
        usage: Its counted tokens; a gateway's own `cost` among them (OpenRouter sends one) wins.
        price: What its model costs.
        tier: The service tier that answered.
    """
    if usage is None:
        return None
    cost = usage.extra.get("cost")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < math.inf:
        return float(cost)
    if price is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    price = price.at_tier(tier)
    counts = [*_input(usage, usage.prompt_tokens, price)]
    counts += _output(usage, usage.completion_tokens, price)
    if any(dollars is None for count, dollars in counts if count):
        return None
    return math.fsum(count * dollars for count, dollars in counts if dollars is not None) / 1e6


def batch_price(price: Price | None) -> Price | None:
    """Return the price of a model in batches; None unless its `batch` tier is configured."""
    if price is None or "batch" not in price.tiers:
        return None
    return price.at_tier("batch")


def estimated_usage(request: ChatRequest, *, unlimited_tokens: int = UNLIMITED_TOKENS) -> Usage:
    """Estimate how many tokens a request has at most.

    Those of its texts are estimated from their characters, attachments are not counted, and each
    choice is taken to have as many tokens as its limit allows. A text that is scored is sent after
    the prompt, for an answer of one token.

    Args:
        request: The request.
        unlimited_tokens: What a choice without a limit is taken to have at most.
    """
    characters = sum(len(text) for message in request.messages for text in message.texts())
    if request.score is not None:
        texts = request.score.candidates
        tokens = [math.ceil((characters + len(text)) / CHARACTERS_PER_TOKEN) for text in texts]
        return Usage(prompt_tokens=sum(tokens), completion_tokens=len(texts))
    limits = (request.parameters.get(name) for name in ("max_completion_tokens", "max_tokens"))
    limit = next((limit for limit in limits if isinstance(limit, int)), unlimited_tokens)
    return Usage(
        prompt_tokens=math.ceil(characters / CHARACTERS_PER_TOKEN),
        completion_tokens=limit * request.n,
    )


def estimated_cost(
    request: ChatRequest, price: Price | None, *, unlimited_tokens: int = UNLIMITED_TOKENS
) -> float:
    """Estimate what a request costs at most, in dollars; 0 where its price is not known.

    The tokens are those of `estimated_usage`; see `highest_cost`.
    """
    if price is None:
        return 0.0
    usage = estimated_usage(request, unlimited_tokens=unlimited_tokens)
    return highest_cost(request, usage, price)


def highest_cost(request: ChatRequest, usage: Usage, price: Price | None) -> float:
    """Return the most dollars that tokens of a request can cost; 0 where its price is not known.

    All of an answer may be reasoning, and another service tier may answer than was asked for: the
    dearest price counts.
    """
    if price is None:
        return 0.0
    return max(cost_of(usage, each) or 0.0 for each in _possible_prices(request, price))


def has_known_cost(request: ChatRequest, price: Price | None) -> bool:
    """Whether the prices of a request's prompt and answer are known."""
    return cost_of(estimated_usage(request), price) is not None


def _possible_prices(request: ChatRequest, price: Price) -> Iterator[Price]:
    """Yield the prices that an answer may have, by its tier and by what it is made of."""
    for tier in {None, _asked_tier(request)}:
        of_tier = price.at_tier(tier)
        yield of_tier
        if of_tier.reasoning is not None:
            yield replace(of_tier, output=of_tier.reasoning)


def service_tier(request: ChatRequest, reply: Reply) -> str | None:
    """Return the tier that answered: as the answer says, else as it was asked for."""
    return reply.service_tier or _asked_tier(request)


def _asked_tier(request: ChatRequest) -> str | None:
    asked = request.parameters.get("service_tier")
    return asked if isinstance(asked, str) else None


Counts = list[tuple[int, "float | None"]]
"""Tokens of a kind, and their price; None if it is not known."""


def _input(usage: Usage, tokens: int, price: Price) -> Counts:
    details = usage.prompt_tokens_details or {}
    cached = _count(details, "cached_tokens") or _first(usage.extra, _CACHED)
    written = _count(details, "cache_write_tokens") or _count(details, "cache_creation_tokens")
    written = written or _first(usage.extra, _WRITTEN)
    audio = _count(details, "audio_tokens")
    return [
        (max(tokens - cached - written - audio, 0), price.input),
        (cached, _else(price.cached_input, price.input)),
        (written, _else(price.cache_write, price.input)),
        (audio, _else(price.audio_input, price.input)),
    ]


def _output(usage: Usage, tokens: int, price: Price) -> Counts:
    details = usage.completion_tokens_details or {}
    reasoning, audio = _count(details, "reasoning_tokens"), _count(details, "audio_tokens")
    is_apart = usage.total_tokens == (usage.prompt_tokens or 0) + tokens + reasoning
    return [
        (max(tokens - audio - (0 if is_apart else reasoning), 0), price.output),
        (reasoning, _else(price.reasoning, price.output)),
        (audio, _else(price.audio_output, price.output)),
    ]


def _else(dollars: float | None, otherwise: float | None) -> float | None:
    return otherwise if dollars is None else dollars


def _count(holder: Mapping[str, Any], name: str) -> int:
    count = holder.get(name)
    return count if type(count) is int and count > 0 else 0


def _first(holder: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((count for name in names if (count := _count(holder, name))), 0)
