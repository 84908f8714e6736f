"""What a request cost, in dollars: as the gateway says, or by known prices; never guessed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_magic.core.reply.reply import Usage
    from chat_magic.core.request.config import Price


def cost_of(usage: Usage | None, price: Price | None) -> float | None:
    """Return what a request cost in dollars, or None where that is not known.

    Args:
        usage: Its counted tokens; a gateway's own `cost` among them (OpenRouter sends one) wins.
        price: What its model costs.
    """
    if usage is None:
        return None
    cost = usage.extra.get("cost")
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < math.inf:
        return float(cost)
    if price is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return (usage.prompt_tokens * price.input + usage.completion_tokens * price.output) / 1e6
