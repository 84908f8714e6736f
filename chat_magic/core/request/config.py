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
extra = { top_k = 40 }
prefill = "continue"
ca_bundle = "/etc/ssl/ours.pem"
timeout = 120

[routes]
"anthropic/*" = "anthropic"

[prices]
"openai/gpt-4o*" = { input = 2.5, output = 10, cached_input = 1.25 }

[models]
"openai/gpt-4o*" = { window = 128000 }
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import is_number
from chat_magic.core.request.server_url import ServerUrl
from chat_magic.core.request.settings import SETTINGS, check_setting
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")
_OWN_FIELDS = ("model", "messages", "n")
"""Fields of the request itself, which an endpoint cannot set."""

Form = Literal["vendor/model", "model"]
Prefill = Literal["vllm", "continue", "none"]
"""What a server does with a final assistant message: it continues it if asked in vLLM's way, or by
itself, or never."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """An entry of `[endpoints]`."""

    base_url: ServerUrl
    source: str = field(default="the base URL", compare=False)
    """Where it was set, in words."""
    key: str | None = None
    """The environment variable that holds the key."""
    takes: Form = "vendor/model"
    """The form of a model's name that this server expects: whole, or without its vendor."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Additional headers; `${NAME}` in a value is replaced by an environment variable."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are sent with each request that does not set them itself."""
    prefill: Prefill | None = None
    """None where that is found out."""
    ca_bundle: str | None = None
    """The file or folder of the authorities that certify this server."""
    timeout_s: float | None = None
    """Seconds that an answer may take, for requests that do not say."""


KINDS = (
    *("input", "output", "cached_input", "cache_write"),
    *("reasoning", "audio_input", "audio_output"),
)
"""The kinds of tokens that have a price."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars per million tokens of each kind; None where it is not known."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    """Input that the provider had in its cache; that of `input` if None, as the next two."""
    cache_write: float | None = None
    audio_input: float | None = None
    reasoning: float | None = None
    """Output that is not shown; that of `output` if None, as the next."""
    audio_output: float | None = None
    tiers: Mapping[str, Price] = field(default_factory=dict)
    """Prices of service tiers; what one lacks is the model's own."""

    def at_tier(self, tier: str | None) -> Price:
        """Return the prices of a service tier."""
        special = self.tiers.get(tier or "")
        if special is None:
            return self
        own = {name: value for name in KINDS if (value := getattr(special, name)) is not None}
        return replace(self, **own)


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What is known of a model."""

    window: int | None = None
    """The tokens that it can read and write in one request."""


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
    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    """Facts by pattern of models."""

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
    _known(values, _SERVER_KEYS, label)
    if "base_url" not in values:
        raise InvalidRequest(f"{label} lacks base_url")
    url_label = f"{label} base_url"
    headers = _table(values.get("headers", {}), f"{label} headers")
    for header, content in headers.items():
        _check_header(header, content, f"{label} headers {header}")
    return Server(
        base_url=ServerUrl.read(_text(values["base_url"], url_label), url_label),
        source=label,
        key=_read_key(values.get("key"), label),
        takes=_one_of(values.get("takes", _FORMS[0]), _FORMS, f"{label} takes"),
        headers=headers,
        extra=_read_extra(values.get("extra", {}), f"{label} extra"),
        prefill=_one_of(values.get("prefill"), (None, *get_args(Prefill)), f"{label} prefill"),
        ca_bundle=_read_path(values.get("ca_bundle"), f"{label} ca_bundle"),
        timeout_s=_read_timeout(values.get("timeout"), f"{label} timeout"),
    )


_FORMS = get_args(Form)
_SERVER_KEYS = ("base_url", "key", "takes", "headers", "extra", "prefill", "ca_bundle", "timeout")


def _one_of(value: Any, allowed: tuple[Any, ...], label: str) -> Any:
    if value not in allowed:
        words = " or ".join(f'"{name}"' for name in allowed if name)
        raise InvalidRequest(f"{label} {value!r}: must be {words}")
    return value


def _read_key(value: Any, label: str) -> str | None:
    if value is not None and not (isinstance(value, str) and _VARIABLE.fullmatch(value)):
        raise InvalidRequest(
            f"{label} key: must be the name of an environment variable, such as OPENAI_API_KEY; "
            "the key itself does not belong in the file"
        )
    return value


def _read_extra(value: Any, label: str) -> dict[str, Any]:
    fields = _table(value, label)
    for name in _OWN_FIELDS:
        if name in fields:
            raise InvalidRequest(f"{label} {name}: belongs to the request, not to the endpoint")
    for name, item in fields.items():
        if not _is_json(item):
            raise InvalidRequest(f"{label} {name}: JSON has no dates, infinity or nan")
    return fields


def _is_json(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_json, value.values() if isinstance(value, dict) else value))
    is_scalar = isinstance(value, str | bool | int | float)
    return is_scalar and not (isinstance(value, float) and not math.isfinite(value))


def _read_path(value: Any, label: str) -> str | None:
    return None if value is None else _text(value, label, "the path of a file of certificates")


def _read_timeout(value: Any, label: str) -> float | None:
    if value is None:
        return None
    if not is_number(value) or not 0 < value < math.inf:
        raise InvalidRequest(f"{label} {value!r}: must be a number of seconds above 0")
    return float(value)


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
    values = dict(_table(value, label))
    tiers = _table(values.pop("tiers", {}), f"{label} tiers")
    special = {tier: _kinds(prices, f"{label} tiers.{tier}") for tier, prices in tiers.items()}
    return replace(_kinds(values, label), tiers=special)


def _kinds(value: Any, label: str) -> Price:
    prices = _table(value, label)
    _known(prices, KINDS, label)
    for name, price in prices.items():
        if not is_number(price) or not 0 <= price < math.inf:
            raise InvalidRequest(f"{label} {name}: must be dollars per million tokens")
    return Price(**prices)


def _read_model(pattern: str, value: Any, label: str) -> ModelFacts:
    _check_pattern(pattern, label)
    values = _table(value, label)
    _known(values, ("window",), label)
    window = values.get("window")
    if window is not None and not (type(window) is int and window > 0):
        raise InvalidRequest(f"{label} window {window!r}: must be a number of tokens above 0")
    return ModelFacts(window=window)


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
            hint = nearest(name, names) or f"; expected {' or '.join(names)}"
            raise InvalidRequest(f"{label} {name}: no such key{hint}")


_READERS: Mapping[str, Callable[[str, Any, str], Any]] = {
    "defaults": _read_default,
    "aliases": _read_alias,
    "endpoints": _read_server,
    "routes": _read_route,
    "prices": _read_price,
    "models": _read_model,
}
