"""Short descriptions of settings, for titles and thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.cell.form import CellForm

__all__ = ["describe_changes", "describe_settings"]


def describe_settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return each setting's value as text, by name; what another setting implies is left out."""
    implied = {PARAMETERS[name].implies for name in settings if name in PARAMETERS}
    return {
        name: _describe_value(value)
        for name, value in settings.items()
        if not (name in implied and value is True)
    }


def describe_changes(form: CellForm, previous: CellForm | None) -> str:
    """Return which settings differ from the previous form; all of them where there is none."""
    now, then = _settings(form), _settings(previous) if previous else {}
    changed = [f"{name} {value}" for name, value in now.items() if then.get(name) != value]
    changed += [f"no {name}" for name in then if name not in now]
    if previous and form.request.messages != previous.request.messages:
        changed.append("messages changed")
    return " · ".join(changed) or ("same settings" if previous else "no settings")


def _settings(form: CellForm) -> Mapping[str, str]:
    settings = describe_settings({**form.request.parameters, **form.request.extra})
    return {**settings, **({"options": form.options} if form.options else {})}


def _describe_value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "unset" if value is UNSET else str(value)
