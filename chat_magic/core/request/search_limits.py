"""How far the answers to a request are searched for, in the place of sampling one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chat_magic.core.request.parameters import is_number
from chat_magic.errors import InvalidRequest

__all__ = ["SearchLimits", "read_search"]


@dataclass(frozen=True, kw_only=True)
class SearchLimits:
    """When the search for the answers ends, and where it goes on."""

    mass: float
    """The probability that is enough, above 0 and at most 1."""
    max_requests: int
    max_tokens: int
    """Of an answer; a longer one is cut there."""
    at: int = 0
    """The number of the node whose continuations are looked for; 0 for all."""
    base: str = ""
    """What tells the search that it continues from others; empty if there is none."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def check(self) -> SearchLimits:
        """Return it, if its values are allowed.

        Raises:
            InvalidRequest: One is not.
        """
        if not (is_number(self.mass) and 0 < self.mass <= 1):
            raise InvalidRequest(f"mass {self.mass!r}: must be a probability above 0 and at most 1")
        for name, value in (("max_requests", self.max_requests), ("max_tokens", self.max_tokens)):
            if type(value) is not int or value < 1:
                raise InvalidRequest(f"{name} {value!r}: must be a whole number, at least 1")
        return self


def read_search(value: Any) -> SearchLimits | None:
    """Read what `to_json` wrote; None where it is anything else."""
    if not isinstance(value, Mapping) or value.keys() != SearchLimits.__dataclass_fields__.keys():
        return None
    try:
        limits = SearchLimits(**value).check()
    except InvalidRequest:
        return None
    is_place = type(limits.at) is int and limits.at >= 0 and isinstance(limits.base, str)
    return limits if is_place else None
