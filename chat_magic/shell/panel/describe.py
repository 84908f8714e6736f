"""Settings in a few words each, for titles and thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["in_words"]


def in_words(given: Mapping[str, Any]) -> dict[str, str]:
    """Say what each setting is; what another one implies is left out."""
    implied = {PARAMETERS[name].implies for name in given if name in PARAMETERS}
    return {
        name: _shown(value)
        for name, value in given.items()
        if not (name in implied and value is True)
    }


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "unset" if value is UNSET else str(value)
