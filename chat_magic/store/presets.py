"""Presets: named settings of the panel, in one JSON file that several kernels share."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FILE", "PresetStore"]

FILE = "chat_magic_presets.json"
"""The name of the file; its folder is the caller's choice."""
_VERSION = 1
_LOCK_TIMEOUT_S = 10
"""How long another process may take to write the file."""


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
        with self._locked():
            self._write({**self._read(), name.strip(): cell})

    def delete(self, name: str) -> None:
        """Delete a preset.

        Raises:
            InvalidRequest: There is no such preset, or the file cannot be read or written.
        """
        _require(name, self._read())
        with self._locked():
            presets = self._read()
            presets.pop(name, None)
            self._write(presets)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one thread or process at a time read the file and write it again."""
        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=_LOCK_TIMEOUT_S)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise InvalidRequest(
                f"{self.path} cannot be written: another process has locked it"
            ) from error
        except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
            raise self._not_written(error) from error
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> dict[str, str]:
        try:
            content = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InvalidRequest(f"{self.path} cannot be read: {error}") from error
        presets = content.get("presets") if isinstance(content, dict) else None
        if not isinstance(presets, dict) or content.get("version") != _VERSION:
            raise InvalidRequest(f"{self.path} does not contain presets of version {_VERSION}")
        return {name: cell for name, cell in presets.items() if isinstance(cell, str)}

    def _write(self, presets: Mapping[str, str]) -> None:
        """Replace the file as a whole, so that readers never see half of it."""
        text = json.dumps({"version": _VERSION, "presets": presets}, indent=2)
        try:
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            new = Path(name)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text + "\n")
                new.replace(self.path)
            finally:
                new.unlink(missing_ok=True)
        except OSError as error:
            raise self._not_written(error) from error

    def _not_written(self, error: Exception) -> InvalidRequest:
        reason = getattr(error, "strerror", None) or error
        return InvalidRequest(f"{self.path} cannot be written: {reason}")


def _require(name: str, presets: Mapping[str, str]) -> None:
    if name not in presets:
        raise InvalidRequest(
            f"preset {name}: there is no preset of this name{nearest(name, presets)}"
        )
