"""The effective settings: `%config` over the environment over the config file."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import lru_cache
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
from chat_magic.transport.environment_path import path_by_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chat_magic.core.request.config import Price

__all__ = ["FILE", "Configuration"]

FILE = "chat_magic.toml"

_PLACES = (
    "HOME",
    "USERPROFILE",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_NO_CONFIG",
    "JUPYTER_PLATFORM_DIRS",
    "XDG_CONFIG_HOME",
)
"""Variables on which the place of Jupyter's config folder depends."""

_VARIABLES = {name: [f"CHAT_MAGIC_{name.upper()}"] for name in SETTINGS}
_VARIABLES["base_url"].append("OPENAI_BASE_URL")
_PREFIXES = ("CHAT_MAGIC_", "OPENAI_")

_EMPTY = Config()


class _Held(threading.local):
    """What a thread has read of the config file."""

    is_held = False
    """Whether it keeps to that."""
    config: Config | None = None


class Configuration:
    """The settings of one session: its `%config` over the environment over the config file.

    The environment and the file are read on every use, so that changes take effect at once; the
    file is parsed only when it has changed.
    """

    def __init__(self) -> None:
        self._overrides: dict[str, Setting] = {}
        self._path = path_by_environment(_PLACES, lambda: _config_folder() / FILE)
        self._stamp: object = None
        """Path, time and size of the file when it was parsed."""
        self._parsed = Config()
        self._held = _Held()

    def set(self, name: str, value: Any) -> None:
        """Set a default for this session, as `%config ChatMagics.NAME = VALUE` does.

        Args:
            name: One of `SETTINGS`.
            value: The default; None removes it, UNSET sends nothing for the parameter.

        Raises:
            InvalidRequest: The value is out of range.
        """
        if value is None:
            self._overrides.pop(name, None)
        else:
            self._overrides[name] = Setting(check_setting(name, value), "%config")

    def settings(self) -> dict[str, Setting]:
        """Return the effective settings, those of higher precedence first.

        Raises:
            InvalidRequest: A value of the environment or the config file is out of range.
        """
        defaults = {name: Setting(value, FILE) for name, value in self.config().defaults.items()}
        ordered = {name: self._overrides[name] for name in SETTINGS if name in self._overrides}
        return merge_settings(ordered, _environment(), defaults)

    def setting(self, name: str) -> Setting | None:
        """Return an effective setting; None if it is not set; raises like `settings`."""
        if name in self._overrides:
            return self._overrides[name]
        if setting := _from_environment(name):
            return setting
        defaults = self.config().defaults
        return Setting(defaults[name], FILE) if name in defaults else None

    def flag(self, name: str) -> bool | None:
        """Return an effective yes or no, such as `cache`; None if it is not set."""
        setting = self.setting(name)
        return None if setting is None or setting.value is UNSET else bool(setting.value)

    def value_of(self, name: str) -> str | None:
        """Return an effective text, such as `model`; None if it is not set."""
        setting = self.setting(name)
        return None if setting is None or setting.value is UNSET else setting.value

    def resolve_alias(self, model: str) -> str:
        """Return the model that an alias of the config file names; any other name unchanged."""
        return self.config().aliases.get(model, model)

    def price_of(self, model: str) -> Price | None:
        """Return the price of a model from the config file; None if it has none."""
        return best_match(self.config().prices, model)

    def window_of(self, model: str) -> int | None:
        """Return the window of a model from the config file, in tokens; None if it has none."""
        facts = best_match(self.config().models, model)
        return None if facts is None else facts.window

    def key_variables(self) -> dict[str, str]:
        """Return the variables that hold keys, by vendor: `gateway`, `openai`, the endpoints."""
        ours = {"gateway": "CHAT_MAGIC_API_KEY", "openai": "OPENAI_API_KEY"}
        endpoints = self.config().endpoints.items()
        return {**ours, **{name: server.key for name, server in endpoints if server.key}}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Look at the config file at most once for all that this thread asks inside."""
        if self._held.is_held:
            yield
            return
        self._held.is_held = True
        try:
            yield
        finally:
            self._held.is_held, self._held.config = False, None

    def config(self) -> Config:
        """Return the content of the config file; empty if there is none.

        Raises:
            InvalidRequest: The file cannot be read, or its content is not valid.
        """
        held = self._held
        if held.config is not None:
            return held.config
        config = self._read()
        if held.is_held:
            held.config = config
        return config

    def _read(self) -> Config:
        path = self.path()
        try:
            status = os.stat(path)  # noqa: PTH116 - each request asks
            stamp = (path, status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._parsed = read_config(path.read_text("utf-8-sig"), FILE)
                self._stamp = stamp
        except FileNotFoundError:
            return _EMPTY
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InvalidRequest(f"{path} cannot be read: {reason}") from error
        return self._parsed

    def path(self) -> Path:
        """Return the path of the config file, in Jupyter's config folder."""
        return self._path()


def _config_folder() -> Path:
    try:
        from jupyter_core.paths import jupyter_config_dir
    except ImportError:
        return Path(os.environ.get("JUPYTER_CONFIG_DIR") or Path.home() / ".jupyter")
    return Path(jupyter_config_dir())


def _environment() -> Mapping[str, Setting]:
    is_set = {name for name in os.environ if name.startswith(_PREFIXES)}
    settings = {
        name: _from_environment(name)
        for name, variables in _VARIABLES.items()
        if not is_set.isdisjoint(variables)
    }
    return {name: setting for name, setting in settings.items() if setting is not None}


def _from_environment(name: str) -> Setting | None:
    for variable in _VARIABLES[name]:
        if word := os.environ.get(variable, "").strip():
            return _read_variable(name, word, variable)
    return None


@lru_cache(maxsize=256)  # each request asks
def _read_variable(name: str, word: str, variable: str) -> Setting:
    return Setting(read_setting(name, word, variable), variable)
