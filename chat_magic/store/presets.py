"""Presets: named settings of the panel, in one JSON file that several kernels share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest
from chat_magic.store.json_file import locked_file, read_object, write_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FILE", "PresetStore"]

FILE = "chat_magic_presets.json"
"""The name of the file; its folder is the caller's choice."""
_VERSION = 1


@dataclass(frozen=True)
class PresetStore:
    """The presets in one file: each is a `%%chat` cell without messages, under a name."""

    path: Path
    """The file, which need not exist yet."""

    def names(self) -> list[str]:
        """Return the names of the presets, sorted.

        Raises:
            InvalidRequest: The file cannot be read, or does not contain presets.
        """
        return sorted(self._read())

    def load(self, name: str) -> str:
        """Return the cell of a preset.

        Raises:
            InvalidRequest: There is no such preset, or the file cannot be read.
        """
        presets = self._read()
        _require(name, presets)
        return presets[name]

    def save(self, name: str, cell: str) -> None:
        """Save a cell without messages under a name, replacing any preset of that name.

        Raises:
            InvalidRequest: The name is empty, or the file cannot be read or written.
        """
        if not name.strip():
            raise InvalidRequest("preset: enter a name")
        with locked_file(self.path):
            self._write({**self._read(), name.strip(): cell})

    def delete(self, name: str) -> None:
        """Delete a preset.

        Raises:
            InvalidRequest: There is no such preset, or the file cannot be read or written.
        """
        _require(name, self._read())
        with locked_file(self.path):
            presets = self._read()
            presets.pop(name, None)
            self._write(presets)

    def _read(self) -> dict[str, str]:
        content = read_object(self.path)
        if content is None:
            return {}
        presets = content.get("presets")
        if not isinstance(presets, dict) or content.get("version") != _VERSION:
            raise InvalidRequest(f"{self.path} does not contain presets of version {_VERSION}")
        return {name: cell for name, cell in presets.items() if isinstance(cell, str)}

    def _write(self, presets: Mapping[str, str]) -> None:
        write_object(self.path, {"version": _VERSION, "presets": presets})


def _require(name: str, presets: Mapping[str, str]) -> None:
    if name not in presets:
        raise InvalidRequest(
            f"preset {name}: there is no preset of this name{nearest(name, presets)}"
        )
