"""What servers were found to do, kept in one JSON file that several kernels share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.capability import (
    FEATURES,
    SUPPORTS,
    Capability,
    KnownCapabilities,
)
from chat_magic.store.json_file import locked_file, read_object, write_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FILE", "CapabilityStore", "ServerModel"]

FILE = "capabilities.json"
"""The name of the file; its folder is the caller's choice."""
_VERSION = 1

ServerModel = tuple[str, str]
"""The address of a server, without credentials, and the name of a model there."""


@dataclass(frozen=True)
class CapabilityStore:
    """The findings in one file; one of another version counts as empty."""

    path: Path
    """The file, which need not exist yet."""

    def load(self) -> dict[ServerModel, KnownCapabilities]:
        """Return all findings.

        Raises:
            InvalidRequest: The file cannot be read.
        """
        content = read_object(self.path) or {}
        if content.get("version") != _VERSION:
            return {}
        entries = content.get("models")
        known: dict[ServerModel, KnownCapabilities] = {}
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and (found := _known(entry)) is not None:
                known[str(entry.get("server")), str(entry.get("model"))] = found
        return known

    def save(self, place: ServerModel, known: KnownCapabilities) -> None:
        """Keep the findings about a model, in place of earlier ones.

        Raises:
            InvalidRequest: The file cannot be read or written.
        """
        with locked_file(self.path):
            models = {**self.load(), place: known}
            entries = [_entry(place, known) for place, known in models.items()]
            write_object(self.path, {"version": _VERSION, "models": entries})


def _entry(place: ServerModel, known: KnownCapabilities) -> dict[str, Any]:
    findings = [[found.feature, found.support, found.detail] for found in known.findings.values()]
    return {
        "server": place[0],
        "model": place[1],
        "checked_s": known.checked_s,
        "findings": findings,
    }


def _known(entry: Mapping[str, Any]) -> KnownCapabilities | None:
    """Read an entry; None if it is not one, without findings that this version does not know."""
    checked_s, findings = entry.get("checked_s"), entry.get("findings")
    if not isinstance(checked_s, int | float) or not isinstance(findings, list):
        return None
    read = [Capability(*found) for found in findings if _is_finding(found)]
    return KnownCapabilities(
        findings={found.feature: found for found in read}, checked_s=float(checked_s)
    )


def _is_finding(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and value[0] in FEATURES
        and value[1] in SUPPORTS
        and isinstance(value[2], str)
    )
