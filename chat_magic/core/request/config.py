"""The config file: defaults, servers, and which server answers for which model.

[defaults]
model = "fast"
temperature = 0.2

[aliases]
fast = "openai/gpt-4o-mini"

[endpoints.anthropic]
base_url = "https://api.anthropic.com/v1"
key = "ANTHROPIC_API_KEY"
takes = "model"
headers = { "X-Team" = "${TEAM}" }

[routes]
"anthropic/*" = "anthropic"

[prices]
"openai/gpt-4o*" = { input = 2.5, output = 10 }
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from chat_magic.core.nearest import nearest
from chat_magic.core.request.settings import SETTINGS, check_setting, read_url
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, kw_only=True)
class Server:
    """An entry of `[endpoints]`."""

    base_url: str = field(repr=False)
    key: str | None = None
    """The environment variable that holds the key."""
    takes: Literal["vendor/model", "model"] = "vendor/model"
    """The form of a model's name that this server expects: whole, or without its vendor."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Additional headers; `${NAME}` in a value is replaced by an environment variable."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars per million tokens; tokens read from a provider's cache count as input."""

    input: float
    output: float


@dataclass(frozen=True, kw_only=True)
class Config:
    """A config file; a missing file is an empty one."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, Server] = field(default_factory=dict)
    routes: Mapping[str, str] = field(default_factory=dict)
    """Names of endpoints by pattern of models; see `best_match`."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Prices by pattern of models."""

    def route(self, model: str) -> Server | None:
        """Return the endpoint for a model, or None if no route names one."""
        name = best_match(self.routes, model)
        return None if name is None else self.endpoints[name]


def best_match(patterns: Mapping[str, T], model: str) -> T | None:
    """Return the value for a model: that of its name, else that of the longest matching pattern.

    A pattern that ends in `*` matches every name that begins with what precedes it.
    """
    if model in patterns:
        return patterns[model]
    matching = [p for p in patterns if p.endswith("*") and model.startswith(p[:-1])]
    return patterns[max(matching, key=len)] if matching else None


def read_config(text: str, file: str) -> Config:
    """Read and check a config file.

    Args:
        text: Its TOML.
        file: What errors call it.

    Raises:
        InvalidRequest: It is not TOML, or an entry is invalid; the message has file, table and key.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(f"{file} is not TOML: {error}") from error
    _known(tables, _READERS, file)
    sections = {
        name: {
            key: _READERS[name](key, value, _label(file, name, key, value))
            for key, value in _table(table, f"{file} [{name}]").items()
        }
        for name, table in tables.items()
    }
    config = Config(**sections)
    _check_names(config, file)
    return config


def _label(file: str, table: str, key: str, value: Any) -> str:
    """Return a key as the file writes it: as a key in a table, or as a table."""
    return f"{file} [{table}.{key}]" if isinstance(value, dict) else f"{file} [{table}] {key}"


def _check_names(config: Config, file: str) -> None:
    for pattern, name in config.routes.items():
        if name not in config.endpoints:
            raise InvalidRequest(
                f"{file} [routes] {pattern}: there is no [endpoints.{name}]"
                f"{nearest(name, config.endpoints)}"
            )
    for alias, model in config.aliases.items():
        if model in config.aliases:
            raise InvalidRequest(f"{file} [aliases] {alias}: {model} is an alias itself")


def _read_default(name: str, value: Any, label: str) -> Any:
    if name not in SETTINGS:
        raise InvalidRequest(f"{label}: no such setting{nearest(name, SETTINGS)}")
    return check_setting(name, value, label)


def _read_alias(_name: str, value: Any, label: str) -> str:
    return _text(value, label, "a model such as vendor/model")


def _read_server(_name: str, value: Any, label: str) -> Server:
    values = _table(value, label)
    _known(values, ("base_url", "key", "takes", "headers"), label)
    if "base_url" not in values:
        raise InvalidRequest(f"{label} lacks base_url")
    takes = values.get("takes", "vendor/model")
    if takes not in ("vendor/model", "model"):
        raise InvalidRequest(f'{label} takes {takes!r}: must be "vendor/model" or "model"')
    key = values.get("key")
    if key is not None and not (isinstance(key, str) and _VARIABLE.fullmatch(key)):
        raise InvalidRequest(
            f"{label} key: must be the name of an environment variable, such as OPENAI_API_KEY; "
            "the key itself does not belong in the file"
        )
    base_url = read_url(_text(values["base_url"], f"{label} base_url"), f"{label} base_url")
    headers = _table(values.get("headers", {}), f"{label} headers")
    for header, content in headers.items():
        _check_header(header, content, f"{label} headers {header}")
    return Server(base_url=base_url, key=key, takes=takes, headers=headers)


def _check_header(name: str, value: Any, label: str) -> None:
    """Check a header; an error does not repeat its value, which may be a key."""
    if not _HEADER.fullmatch(name):
        raise InvalidRequest(f"{label}: is not a header name")
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        raise InvalidRequest(f"{label}: must be text in one line of ASCII")


def _read_route(pattern: str, value: Any, label: str) -> str:
    _check_pattern(pattern, label)
    return _text(value, label, "the name of an endpoint")


def _read_price(pattern: str, value: Any, label: str) -> Price:
    _check_pattern(pattern, label)
    values = _table(value, label)
    _known(values, ("input", "output"), label)
    for name in ("input", "output"):
        price: Any = values.get(name)
        if type(price) not in (int, float) or not 0 <= price < math.inf:
            raise InvalidRequest(f"{label} {name}: must be dollars per million tokens")
    return Price(**values)


def _check_pattern(pattern: str, label: str) -> None:
    if not pattern or "*" in pattern[:-1]:
        raise InvalidRequest(f"{label}: must be a model, or end in a single *")


def _text(value: Any, label: str, what: str = "text") -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequest(f"{label}: must be {what}")
    return value


def _table(value: Any, label: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"{label}: must be a table")
    return value


def _known(values: Mapping[str, Any], names: Iterable[str], label: str) -> None:
    for name in values:
        if name not in names:
            raise InvalidRequest(f"{label} {name}: no such key{nearest(name, names)}")


_READERS: Mapping[str, Callable[[str, Any, str], Any]] = {
    "defaults": _read_default,
    "aliases": _read_alias,
    "endpoints": _read_server,
    "routes": _read_route,
    "prices": _read_price,
}
