"""Default settings as traits, for `%config ChatMagics.temperature = 0.2`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traitlets import TraitType

from chat_magic.core.request.settings import SETTINGS, check_setting, read_setting
from chat_magic.engine.session import default_session

if TYPE_CHECKING:
    from collections.abc import Mapping


class Value(TraitType[Any, Any]):
    """The default of a setting, validated by its row of the table; None for no default.

    Args:
        setting: One of `SETTINGS`.
    """

    def __init__(self, setting: str) -> None:
        row = SETTINGS[setting]
        text = f"{row.help.rstrip('.')}: {row.allowed}; None for no default."
        super().__init__(default_value=None, allow_none=True, help=text)
        self.setting = setting

    def validate(self, _obj: Any, value: Any) -> Any:
        """Return the value, or raise InvalidRequest with the allowed values."""
        return check_setting(self.setting, value)

    def from_string(self, s: str) -> Any:
        """Parse a value of the command line."""
        return None if s == "None" else read_setting(self.setting, s)


def setting_traits() -> Mapping[str, Value]:
    """Return a trait for each setting, by name."""
    return {name: Value(name).tag(config=True) for name in SETTINGS}


def push(change: Mapping[str, Any]) -> None:
    """Apply a changed trait to the settings that the engine reads, so that `chat()` uses it too."""
    default_session().configuration.set(change["name"], change["new"])


def forget() -> None:
    """Remove the settings that the traits have made."""
    for name in SETTINGS:
        default_session().configuration.set(name, None)
