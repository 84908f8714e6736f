"""The cost of a request: as the gateway says, else by prices, else not known."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.cost import cost_of
from chat_magic.core.reply.reply import Usage
from chat_magic.core.request.config import Price

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
