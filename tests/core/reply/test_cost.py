"""The cost of a request: as the gateway says, else by prices, else not known."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.cost import cost_of, estimated_cost, has_known_cost, service_tier
from chat_magic.core.reply.reply import Reply, Usage
from chat_magic.core.request.config import Price
from chat_magic.core.request.messages import Message
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.request.scoring import Scoring

PRICE = Price(input=2.5, output=10)
COUNTED = Usage(prompt_tokens=1000, completion_tokens=200)


@pytest.mark.parametrize(
    ("usage", "price", "cost"),
    [
        (COUNTED, PRICE, 0.0045),
        (COUNTED, None, None),
        (None, PRICE, None),
        (Usage(prompt_tokens=1000), PRICE, None),
        (Usage(completion_tokens=200), PRICE, None),
        (Usage(prompt_tokens=1, completion_tokens=1, extra={"cost": 0.25}), PRICE, 0.25),
        (Usage(extra={"cost": 0}), None, 0.0),
        (Usage(extra={"cost": "0.25"}), None, None),
        (Usage(extra={"cost": True}), None, None),
        (Usage(extra={"cost": -1}), None, None),
        (Usage(extra={"cost": float("nan")}), None, None),
        (COUNTED, Price(input=0, output=0), 0.0),
    ],
)
def test_a_cost_is_said_or_computed_and_never_guessed(usage, price, cost):
    """Prices are dollars per million tokens; the gateway's own figure wins."""
    found = cost_of(usage, price)
    assert found == (pytest.approx(cost) if cost is not None else None)
    assert found is None or isinstance(found, float)


def counted(inputs: int = 0, outputs: int = 0, *, total=None, extra=None, **details: int) -> Usage:
    """Return usage with details: those that begin with `prompt_` are the prompt's."""
    prompt = {name[7:]: count for name, count in details.items() if name.startswith("prompt_")}
    completion = {name: count for name, count in details.items() if "prompt_" not in name}
    return Usage(
        prompt_tokens=inputs,
        completion_tokens=outputs,
        total_tokens=total,
        prompt_tokens_details=prompt,
        completion_tokens_details=completion,
        extra=extra or {},
    )


FULL = Price(
    input=10, output=100, cached_input=1, cache_write=20, reasoning=50, audio_input=5,
    audio_output=200, tiers={"flex": Price(input=5, cached_input=0.5)},
)  # fmt: skip
PLAIN = Price(input=10, output=100)


@pytest.mark.parametrize(
    ("usage", "price", "millionths"),
    [
        (counted(100, 10, prompt_cached_tokens=60), FULL, 40 * 10 + 60 * 1 + 10 * 100),
        (counted(100, 10, prompt_cached_tokens=60), PLAIN, 100 * 10 + 10 * 100),
        (counted(100, prompt_cache_write_tokens=60), FULL, 40 * 10 + 60 * 20),
        (counted(100, prompt_cache_creation_tokens=60), FULL, 40 * 10 + 60 * 20),
        (counted(100, prompt_audio_tokens=60), FULL, 40 * 10 + 60 * 5),
        (counted(0, 100, reasoning_tokens=60), FULL, 40 * 100 + 60 * 50),
        (counted(0, 100, reasoning_tokens=60), PLAIN, 100 * 100),
        (counted(0, 100, audio_tokens=60), FULL, 40 * 100 + 60 * 200),
        (counted(7, 100, total=167, reasoning_tokens=60), FULL, 70 + 100 * 100 + 60 * 50),
        (counted(100, extra={"prompt_cache_hit_tokens": 60}), FULL, 40 * 10 + 60 * 1),
        (counted(100, extra={"cached_tokens": 60}), FULL, 40 * 10 + 60 * 1),
        (counted(100, 0), Price(input=10), 1000),
        (counted(100, 1), Price(input=10), None),
        (counted(100, prompt_cached_tokens=100), Price(cached_input=1), 100),
        (counted(100, prompt_cached_tokens=99), Price(cached_input=1), None),
        (counted(100, prompt_cached_tokens=-5), FULL, 1000),
    ],
)
def test_each_kind_of_token_has_its_price(usage, price, millionths):
    """A kind without a price costs as input or output; one that is not known is not guessed."""
    cost = cost_of(usage, price)
    assert cost == (millionths if millionths is None else pytest.approx(millionths / 1e6))


@pytest.mark.parametrize(
    ("asked", "answered", "millionths"),
    [
        ("flex", None, 500),
        ("auto", "flex", 500),
        ("flex", "default", 1000),
        (None, None, 1000),
        ("priority", None, 1000),
    ],
)
def test_the_price_is_that_of_the_tier_that_answered(asked, answered, millionths):
    """If the answer does not say, of the one that was asked for."""
    request = ChatRequest(parameters={"service_tier": asked} if asked else {})
    tier = service_tier(request, Reply(service_tier=answered))
    assert cost_of(counted(100), FULL, tier) == pytest.approx(millionths / 1e6)


@pytest.mark.parametrize(
    ("content", "parameters", "millionths"),
    [
        ("x" * 41, {"max_completion_tokens": 10}, 11 * 1 + 10 * 2),
        ("", {"max_tokens": 10, "n": 3}, 30 * 2),
        (None, {}, 1000 * 2),
        (({"type": "text", "text": "x" * 8}, {"type": "image_url"}), {"max_tokens": 1}, 2 + 2),
    ],
)
def test_a_cost_is_estimated_from_characters_and_token_limits(content, parameters, millionths):
    """Four characters of text are a token; a choice without a limit is taken to have 1,000."""
    request = ChatRequest(messages=(Message(role="user", content=content),), parameters=parameters)
    assert estimated_cost(request, Price(input=1, output=2)) == pytest.approx(millionths / 1e6)
    assert estimated_cost(request, None) == 0.0


TIERS = {"flex": Price(input=0.5, output=1), "priority": Price(output=6, reasoning=8)}


@pytest.mark.parametrize(
    ("price", "tier", "millionths"),
    [
        (Price(input=1, output=2), None, 21),
        (Price(input=1, output=2, reasoning=4), None, 41),
        (Price(input=1, output=2, reasoning=1), None, 21),
        (Price(input=1, output=2, cached_input=0.1), None, 21),
        (Price(input=1, output=2, tiers=TIERS), None, 21),
        (Price(input=1, output=2, tiers=TIERS), "priority", 81),
        (Price(input=1, output=2, tiers=TIERS), "flex", 21),
        (Price(input=1, output=2, tiers=TIERS), "auto", 21),
        (Price(input=1), None, 0),
        (Price(output=1), None, 0),
    ],
)
def test_the_estimate_is_what_the_dearest_answer_costs(price, tier, millionths):
    """All of it may be reasoning, and the normal tier may answer where a cheaper one was asked."""
    parameters = {"max_completion_tokens": 10} | ({"service_tier": tier} if tier else {})
    request = ChatRequest(messages=(Message(role="user", content="abcd"),), parameters=parameters)
    assert estimated_cost(request, price) == pytest.approx(millionths / 1e6)
    assert has_known_cost(request, price) == (millionths > 0)


def test_texts_that_are_scored_cost_the_prompt_and_a_token_each():
    """The limit of an answer's tokens does not matter: none is written."""
    request = ChatRequest(
        messages=(Message(role="user", content="x" * 36),), score=Scoring(("Rome", "Paris"))
    )
    assert estimated_cost(request, Price(input=1, output=2)) == pytest.approx((10 + 11 + 4) / 1e6)
