"""Presets: named settings of the panel, in a file of Jupyter's config folder."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest
from chat_magic.transport import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILE", "delete", "load", "names", "path", "save"]

FILE = "chat_magic_presets.json"
_VERSION = 1


def path() -> Path:
    """Return where the presets lie, or would: beside the config file."""
    return configuration.config_path().with_name(FILE)


def names() -> list[str]:
    """Return the names of the presets.

    Raises:
        InvalidRequest: The file cannot be read, or is none of presets.
    """
    return sorted(_read())


def load(name: str) -> str:
    """Return a preset: a cell without messages.

    Raises:
        InvalidRequest: There is no such preset, or the file cannot be read.
    """
    presets = _read()
    if name not in presets:
        raise InvalidRequest(f"preset {name}: there is none of this name{nearest(name, presets)}")
    return presets[name]


def save(name: str, cell: str) -> None:
    """Keep a cell without messages under a name; one of that name is replaced.

    Raises:
        InvalidRequest: The name is empty, or the file cannot be written.
    """
    if not name.strip():
        raise InvalidRequest("preset: give it a name")
    _write({**_read(), name.strip(): cell})


def delete(name: str) -> None:
    """Forget a preset.

    Raises:
        InvalidRequest: There is no such preset, or the file cannot be written.
    """
    load(name)
    _write({other: cell for other, cell in _read().items() if other != name})


def _read() -> dict[str, str]:
    try:
        content = json.loads(path().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path()} cannot be read: {error}") from error
    presets = content.get("presets") if isinstance(content, dict) else None
    if not isinstance(presets, dict) or content.get("version") != _VERSION:
        raise InvalidRequest(f"{path()} holds no presets of version {_VERSION}")
    return {name: cell for name, cell in presets.items() if isinstance(cell, str)}


def _write(presets: Mapping[str, str]) -> None:
    """Put a whole new file in the place of the old one."""
    text = json.dumps({"version": _VERSION, "presets": presets}, indent=2)
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path().parent, prefix=FILE)
        new = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            new.replace(path())
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise InvalidRequest(f"{path()} cannot be written: {error.strerror or error}") from error
