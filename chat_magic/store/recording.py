"""A recorded answer, as the cache and cassettes keep it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = ["RecordedDefaults", "Recording"]


class Recording(Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    key: str
    """Of the request as it was sent, and its draw."""
    asked: str | None = None
    """The key of the request as it was written, before the settings completed it."""
    recorded_s: float
    """Seconds since 1970-01-01 UTC."""
    request: dict[str, Any]
    """What identifies the request."""
    result: dict[str, Any]
    """The lossless JSON of the result, without the messages, which are those of `request`."""


class RecordedDefaults(Struct, frozen=True, kw_only=True):
    """The settings in force when a cassette was made; on replay they stand in for the user's."""

    model: str | None = None
    parameters: dict[str, Any] = {}
    """Values by name; None where a setting says that nothing is sent."""
    aliases: dict[str, str] = {}
