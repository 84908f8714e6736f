"""The token counts of several answers, added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_magic.core.reply.reply import Usage


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
