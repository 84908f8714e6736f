"""Defaults as traits: `%config ChatMagics.temperature = 0.2` for every setting of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traitlets import TraitType

from chat_magic.core.request.settings import SETTINGS, check_setting, read_setting
from chat_magic.transport import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping


class Value(TraitType[Any, Any]):
    """A default, checked by its row of the table; None where there is none.

    Args:
        setting: One of `SETTINGS`.
    """

    def __init__(self, setting: str) -> None:
        row = SETTINGS[setting]
        text = f"{row.help.rstrip('.')}: {row.allowed}; None for no default."
        super().__init__(default_value=None, allow_none=True, help=text)
        self.setting = setting

    def validate(self, _obj: Any, value: Any) -> Any:
        """Return the value, or raise InvalidRequest saying what is allowed."""
        return check_setting(self.setting, value)

    def from_string(self, s: str) -> Any:
        """Read what a command line gives."""
        return None if s == "None" else read_setting(self.setting, s)


def setting_traits() -> Mapping[str, Value]:
    """Return a trait for each setting, by name."""
    return {name: Value(name).tag(config=True) for name in SETTINGS}


def push(change: Mapping[str, Any]) -> None:
    """Hand a changed trait to the settings that the engine reads, for `chat()` too."""
    configuration.configure(change["name"], change["new"])


def forget() -> None:
    """Take back what the traits have set."""
    for name in SETTINGS:
        configuration.configure(name, None)
