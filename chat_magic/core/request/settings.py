"""Settings: the default values of requests, and the source of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from chat_magic.core.request.parameters import (
    PARAMETERS,
    Parameter,
    apply_implied,
    check,
    read_word,
)
from chat_magic.core.request.server_url import ServerUrl
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.request.request import ChatRequest

_KINDS = {"number", "integer", "boolean", "string", "strings"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_ON_AND_OFF = {**_BOOLEANS, "on": True, "off": False, "yes": True, "no": False}
"""What `CHAT_MAGIC_HISTORY` can be besides a path."""

SCALARS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {name: row for name, row in PARAMETERS.items() if row.kind in _KINDS}
)
"""The parameters whose value is one word: what can have a default, and be an axis of a grid."""

SETTINGS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "model": Parameter(
            name="model", kind="string", help="The model of requests that do not name one."
        ),
        "base_url": Parameter(
            name="base_url",
            kind="string",
            help="The server for models that no route of the config file matches.",
        ),
        "retries": Parameter(
            name="retries",
            kind="integer",
            minimum=0,
            maximum=10,
            help="How often a request that failed before it was answered is retried; 2 by default.",
        ),
        "history": Parameter(
            name="history",
            kind="boolean",
            help="Whether what is sent and received is kept on this machine, or the path of the "
            "file; on by default where a person uses the notebook.",
        ),
        "history_mb": Parameter(
            name="history_mb",
            kind="number",
            minimum=1,
            help="Size of the history in megabytes, past which the oldest goes; 512 by default.",
        ),
        "history_days": Parameter(
            name="history_days",
            kind="number",
            minimum=1,
            help="Age in days at which unstarred entries of the history go; none by default.",
        ),
        "cache": Parameter(
            name="cache",
            kind="boolean",
            help="Whether the answer to a request that was sent before is that of then; "
            "off by default.",
        ),
        "offline": Parameter(
            name="offline",
            kind="boolean",
            help="Whether only recorded answers are used and nothing is sent; off by default.",
        ),
        "cassette": Parameter(
            name="cassette",
            kind="string",
            help="A file beside the notebook in which answers are recorded and looked up.",
        ),
        "updates": Parameter(
            name="updates",
            kind="string",
            choices=("auto", "on", "off"),
            help="Whether the output of an answer is updated while it streams; off prints it as "
            "text, auto decides by the front end.",
        ),
        "interactive": Parameter(
            name="interactive",
            kind="string",
            choices=("auto", "on", "off"),
            help="Whether the HTML of an output holds the script that makes it interactive; auto "
            "does so in Colab and Databricks only.",
        ),
        "saved_versions": Parameter(
            name="saved_versions",
            kind="integer",
            minimum=0,
            help="How many earlier versions of a cell its output holds; none by default, so that "
            "what was taken out of a prompt is not in the saved notebook.",
        ),
        **SCALARS,
    }
)
"""What can have a default: the model, the server, the retries, what is kept, every scalar
parameter."""


@dataclass(frozen=True)
class Setting:
    """A default value and its source."""

    value: Any
    """UNSET where the setting says that nothing is sent."""
    source: str


def check_setting(name: str, value: Any, label: str | None = None) -> Any:
    """Return a default for `name`, UNSET among them, or raise InvalidRequest.

    Args:
        name: One of `SETTINGS`.
        value: The value to check.
        label: What an error calls it; its name if not given.
    """
    if value is UNSET or (name == "history" and isinstance(value, str) and value.strip()):
        return value
    check(SETTINGS[name], value, label, past=None)
    if name == "model" and not value.strip():
        raise InvalidRequest(f"{label or name} {value!r}: must be a name such as vendor/model")
    return ServerUrl.read(value, label or name) if name == "base_url" else value


def read_setting(name: str, word: str, label: str | None = None) -> Any:
    """Read a default from text, such as a variable of the environment; as `check_setting`."""
    row = SETTINGS[name]
    if name == "history":
        return check_setting(name, _ON_AND_OFF.get(word.lower(), word), label)
    value = _BOOLEANS.get(word.lower(), word) if row.kind == "boolean" else read_word(row, word)
    return check_setting(name, value, label)


def merge_settings(*layers: Mapping[str, Setting]) -> dict[str, Setting]:
    """Merge layers of settings, the first of which takes precedence."""
    merged: dict[str, Setting] = {}
    for layer in layers:
        merged = merged | {name: setting for name, setting in layer.items() if name not in merged}
    return merged


def apply_defaults(request: ChatRequest, settings: Mapping[str, Setting]) -> ChatRequest:
    """Fill in the parameters that a request does not set.

    The request takes precedence, including UNSET. A default that conflicts with it, or with a
    default of higher precedence, is left out, so that no default makes a request invalid.

    Args:
        request: As it was written.
        settings: The defaults in order of precedence.
    """
    parameters = dict(request.parameters)
    as_given = {name: value for name, value in request.extra.items() if name in PARAMETERS}
    for name, setting in settings.items():
        taken = {**parameters, **as_given}
        if name in PARAMETERS and name not in taken and _fits_in(name, setting, taken):
            for implied, value in apply_implied({name: setting.value}).items():
                parameters.setdefault(implied, value)
    return request if parameters == request.parameters else replace(request, parameters=parameters)


def _fits_in(name: str, setting: Setting, parameters: Mapping[str, Any]) -> bool:
    if setting.value is UNSET:
        return True
    row = PARAMETERS[name]
    given = {other: value for other, value in parameters.items() if value is not UNSET}
    is_met = row.needs is None or bool(given.get(row.needs))
    will_be_met = row.needs == row.implies and row.needs not in parameters
    conflicts = (row.conflicts in given) or any(
        PARAMETERS[other].conflicts == name for other in given
    )
    return (is_met or will_be_met) and not conflicts
