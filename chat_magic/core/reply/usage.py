"""The token counts of an answer, checked, and those of several answers, added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chat_magic.core.reply.reply import Usage


def with_cost(usage: Usage | None, cost: float | None) -> Usage | None:
    """Return the usage with the cost that a gateway named in a header, unless it has one."""
    if cost is None or (usage and "cost" in usage.extra):
        return usage
    usage = usage or Usage()
    return msgspec.structs.replace(usage, extra={**usage.extra, "cost": cost})


def of_all_choices(usage: Usage | None, scored: Sequence[int]) -> tuple[Usage | None, str | None]:
    """Return the usage of an answer with several choices, and a warning if it counts too few.

    Without log probabilities nothing is known: a piece of a stream is not always a token.

    Args:
        usage: As the server sent it.
        scored: For each choice, how many of its tokens came with log probabilities.

    Returns:
        Usage with at least the completion tokens that arrived, which the cost is computed from.
    """
    said, known = usage.completion_tokens if usage else None, sum(scored)
    if usage is None or said is None or len(scored) < 2 or known <= said:
        return usage, None
    total = None if usage.prompt_tokens is None else usage.prompt_tokens + known
    counted = msgspec.structs.replace(usage, completion_tokens=known, total_tokens=total)
    return counted, (
        f"usage: the server counted {said} completion tokens, but its {len(scored)} choices have "
        f"at least {known}: that number is used"
    )


def total_usage(usages: Sequence[Usage | None]) -> Usage | None:
    """Add up the usage of several answers; a count that one of them lacks is not in the sum."""
    known = [usage for usage in usages if usage is not None]
    if len(known) < 2 or len(known) < len(usages):
        return known[0] if usages and len(known) == len(usages) else None
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {name: _sum([getattr(usage, name) for usage in known]) for name in names}
    return Usage(
        **counts,
        prompt_tokens_details=_sum([usage.prompt_tokens_details for usage in known]),
        completion_tokens_details=_sum([usage.completion_tokens_details for usage in known]),
        extra=_sum([usage.extra for usage in known]) or {},
    )


def _sum(values: Sequence[Any]) -> Any:
    """Add numbers, and the numbers in objects; None where anything else is among them."""
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        sums = {name: _sum([value.get(name) for value in values]) for name in names}
        return {name: value for name, value in sums.items() if value is not None}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return sum(values)
    return None
