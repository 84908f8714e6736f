"""The settings in force: `%config` over the environment over the config file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.request.config import Config, best_match, read_config
from chat_magic.core.request.settings import (
    SETTINGS,
    Setting,
    check_setting,
    merge_settings,
    read_setting,
)
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.request.config import Price

__all__ = [
    "FILE",
    "config",
    "config_path",
    "configure",
    "key_variables",
    "price_of",
    "resolve_alias",
    "settings",
    "value_of",
]

FILE = "chat_magic.toml"

_PLACES = (
    "HOME",
    "USERPROFILE",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_NO_CONFIG",
    "JUPYTER_PLATFORM_DIRS",
    "XDG_CONFIG_HOME",
)
"""Variables that say where Jupyter's config folder is."""

_session: dict[str, Setting] = {}
_paths: dict[tuple[str | None, ...], Path] = {}
"""The config file's place for those variables: looking it up costs more than a request."""
_read: tuple[object, Config] = (None, Config())
"""The config file as it was last read, and what tells whether it has changed since."""


def configure(name: str, value: Any) -> None:
    """Set a default for this process, as `%config ChatMagics.NAME = VALUE` does.

    Args:
        name: One of `SETTINGS`.
        value: What it is to be; None takes it back, UNSET sends nothing for it.

    Raises:
        InvalidRequest: The value is out of range.
    """
    if value is None:
        _session.pop(name, None)
    else:
        _session[name] = Setting(check_setting(name, value), "%config")


def settings() -> dict[str, Setting]:
    """Return the settings in force, the stronger ones first.

    Raises:
        InvalidRequest: The environment or the config file holds what it cannot.
    """
    defaults = {name: Setting(value, FILE) for name, value in config().defaults.items()}
    session = {name: _session[name] for name in SETTINGS if name in _session}
    return merge_settings(session, _environment(), defaults)


def value_of(name: str) -> str | None:
    """Return the value in force of `model` or `base_url`; None when nothing sets it."""
    setting = settings().get(name)
    return None if setting is None or setting.value is UNSET else setting.value


def resolve_alias(model: str) -> str:
    """Return the model that a name stands for: an alias of the config file, or itself."""
    return config().aliases.get(model, model)


def price_of(model: str) -> Price | None:
    """Return what the config file says a model costs."""
    return best_match(config().prices, model)


def key_variables() -> dict[str, str]:
    """Return the variables that hold keys, by vendor: `gateway`, `openai`, and the endpoints."""
    ours = {"gateway": "CHAT_MAGIC_API_KEY", "openai": "OPENAI_API_KEY"}
    named = {name: server.key for name, server in config().endpoints.items() if server.key}
    return {**ours, **named}


def config() -> Config:
    """Return the config file's content, read again when it has changed; empty without one.

    Raises:
        InvalidRequest: It cannot be read, or holds what it cannot.
    """
    global _read  # noqa: PLW0603 - one file, whose last state this is
    path = config_path()
    try:
        status = path.stat()
        stamp = (path, status.st_mtime_ns, status.st_size)
        if stamp != _read[0]:
            _read = (stamp, read_config(path.read_text("utf-8-sig"), FILE))
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(f"{path} cannot be read: {reason}") from error
    return _read[1]


def config_path() -> Path:
    """Return where the config file lies, or would: in Jupyter's config folder."""
    try:
        from jupyter_core.paths import jupyter_config_dir  # may not be installed
    except ImportError:
        return Path(os.environ.get("JUPYTER_CONFIG_DIR") or Path.home() / ".jupyter") / FILE
    places = tuple(map(os.environ.get, _PLACES))
    if places not in _paths:
        _paths[places] = Path(jupyter_config_dir()) / FILE
    return _paths[places]


def _environment() -> Mapping[str, Setting]:
    found = {}
    for name in SETTINGS:
        variable = f"CHAT_MAGIC_{name.upper()}"
        if word := os.environ.get(variable, "").strip():
            found[name] = Setting(read_setting(name, word, variable), variable)
    if "base_url" not in found and (word := os.environ.get("OPENAI_BASE_URL", "").strip()):
        found["base_url"] = Setting(
            read_setting("base_url", word, "OPENAI_BASE_URL"), "OPENAI_BASE_URL"
        )
    return found
