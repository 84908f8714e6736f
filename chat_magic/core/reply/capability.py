"""What a server really does with the fields of a request: a finding for each feature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FEATURES", "SUPPORTS", "Capability", "KnownCapabilities", "Support", "summary_of"]

Support = Literal["honoured", "ignored", "refused", "partly", "unknown"]
SUPPORTS: Final = get_args(Support)
FEATURES: Final = (
    "n",
    "seed",
    "stop",
    "max_tokens",
    "logprobs",
    "top_logprobs",
    "temperature",
    "prefill",
    "json_schema",
    "tools",
    "reasoning",
    "stream_usage",
    "unknown_fields",
)


@dataclass(frozen=True)
class Capability:
    """What was found about one feature."""

    feature: str
    """One of `FEATURES`."""
    support: Support
    detail: str = ""
    """What was seen, in words; of `top_logprobs` it begins with the number, of `prefill` it is
    *continues*, *repeats* or *starts anew*, of `temperature` *before* or *after*."""

    @property
    def is_missing(self) -> bool:
        """Whether the server is known not to do it."""
        return self.support in ("ignored", "refused")


@dataclass(frozen=True, kw_only=True)
class KnownCapabilities:
    """What was found about a model of a server, and when."""

    findings: Mapping[str, Capability]
    """By feature."""
    checked_s: float
    """Seconds since 1970-01-01 UTC."""

    def lacks(self, feature: str) -> bool:
        """Whether the server is known not to do something."""
        found = self.findings.get(feature)
        return found is not None and found.is_missing

    @property
    def most_alternatives(self) -> int | None:
        """How many alternatives of a token it returns at most; None if no limit was found."""
        found = self.findings.get("top_logprobs")
        number = found.detail.partition(" ")[0] if found else ""
        is_limit = found is not None and " or more" not in found.detail
        return int(number) if is_limit and number.isdecimal() else None


def summary_of(known: KnownCapabilities) -> str:
    """Return what was found in one line: what a server does not do, and the date in UTC."""
    words = []
    for found in known.findings.values():
        if found.feature == "top_logprobs" and found.detail:
            words.append(f"top_logprobs {found.detail}")
        elif found.feature == "prefill" and found.detail and found.support != "refused":
            words.append(f"prefill {found.detail}")
        elif found.support not in ("honoured", "unknown") and found.feature != "unknown_fields":
            words.append(f"{found.feature} {found.support}")
    date = datetime.fromtimestamp(known.checked_s, UTC)
    return f"{', '.join(words) or 'all honoured'} ({date:%Y-%m-%d})"
