"""Which server answers for a model, and which key it requires."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from chat_magic.core.request.config import Server
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.configuration import FILE
from chat_magic.transport.credentials import Secret, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.transport.configuration import Configuration
    from chat_magic.transport.keys import KeyCache, StoredKey

    LookUp = Callable[[str], StoredKey | None]

__all__ = ["LOCAL_MODEL", "Endpoint", "EndpointResolver", "masked"]

LOCAL_MODEL = "local/smollm2-135m-instruct"
_OPENAI_HOST = "api.openai.com"
_VARIABLES = "CHAT_MAGIC_BASE_URL and CHAT_MAGIC_API_KEY (or OPENAI_API_KEY alone)"
_KEY_NAME = re.compile("key|token|secret|sig", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A server that answers for a model."""

    name: str
    """What it is called in messages."""
    base_url: str = field(repr=False)
    """Scheme, host and path before `/chat/completions`; it may contain a key."""
    model: str
    """The name of the model at this server."""
    secret: Secret | None = None
    key_variable: str | None = None
    """The environment variable that holds the key; None if no key is needed."""
    headers: Mapping[str, Secret] = field(default_factory=dict)
    """Additional headers of every request; never shown."""
    keeps_alive: bool = True
    """Whether a connection can be reused."""

    @property
    def url(self) -> str:
        """The URL of completions."""
        return self._at("/chat/completions")

    @property
    def models_url(self) -> str:
        """The URL of the list of models."""
        return self._at("/models")

    def _at(self, path: str) -> str:
        parts = urlsplit(self.base_url)
        base = parts.path.rstrip("/").removesuffix("/chat/completions")
        return parts._replace(path=base + path).geturl()


class EndpointResolver:
    """Finds the server of a model from the configuration and keys of a session."""

    def __init__(self, configuration: Configuration, keys: KeyCache) -> None:
        self._configuration = configuration
        self._keys = keys

    def default_model(self) -> tuple[str, str | None]:
        """Return the default model, and a notice if no server is configured.

        Raises:
            InvalidRequest: A server is configured, but no model is.
        """
        if model := self._configuration.value_of("model"):
            return model.strip(), None
        if self.fallback_model() is None:
            raise InvalidRequest(
                "no model is given: name one (%%chat openai/gpt-4o), or set CHAT_MAGIC_MODEL; "
                "`local` runs on this machine"
            )
        notice = f"no server is configured: {LOCAL_MODEL} answers; to use others set {_VARIABLES}"
        return LOCAL_MODEL, notice

    def fallback_model(self) -> str | None:
        """Return the model that is used without settings; None once a server is configured."""
        is_configured = self._configuration.config().routes or self._gateway(self._keys.find_key)
        return None if is_configured else LOCAL_MODEL

    def any_model(self) -> str:
        """Return a model of the default server: the default model, or `*`.

        Raises:
            InvalidRequest: There is no default model, and servers for some models only.
        """
        name = self._configuration.value_of("model") or self.fallback_model() or "*"
        if name == "*" and self._server(name, self._keys.find_key) is None:
            raise InvalidRequest(
                "no model is given: name one of the server's, as in %chat -m a/b /models"
            )
        return self._configuration.resolve_alias(name)

    def find(self, model: str) -> Endpoint | None:
        """Return the configured server of a model, its key looked up wherever keys are kept.

        It may block while the user unlocks a keyring, so it must not be called on the loop.

        Returns:
            None for the local model, which `resolve` starts, and for a model without a configured
            server, for which `resolve` raises.

        Raises:
            InvalidRequest: The configuration names something that cannot be used.
        """
        if local.is_local(model):
            return None
        server = self._server(model, self._keys.find_key)
        return None if server is None else self._endpoint(server, model, self._keys.find_key)

    async def resolve(
        self, model: str, on_progress: Callable[[str, float | None], None] | None = None
    ) -> Endpoint:
        """Return the server of a model; the local server is started if necessary.

        Args:
            model: `vendor/model`, `local`, `local/NAME` or `local/PATH.gguf`.
            on_progress: Called with what is being done, and which fraction of it is done (0 to 1).

        Raises:
            InvalidRequest: The configuration is incomplete, or a value of it cannot be used.
            ConnectionFailed: The local server did not start.
        """
        if not local.is_local(model):
            return self._configured(model)
        server = await asyncio.to_thread(local.connect, model, on_progress)
        return Endpoint(
            name="the local server",
            base_url=server.base_url,
            model=server.model,
            secret=Secret(server.api_key),
            keeps_alive=False,  # llama.cpp promises it, and closes the connection after a stream
        )

    def describe(self, model: str) -> str:
        """Say in one line where a request for a model would be sent, without starting a server.

        Raises:
            InvalidRequest: As in `resolve`.
        """
        if local.is_local(model):
            return f"POST to the local server on this machine, as {model}"
        endpoint = self._configured(model)
        key = f"the key in {endpoint.key_variable}" if endpoint.secret else "no key"
        name = "" if endpoint.model == model else f", as {endpoint.model}"
        return redact(f"POST {endpoint.url} with {key}{name}")

    def _configured(self, model: str) -> Endpoint:
        if not model.strip():
            raise InvalidRequest("no model is given")
        server = self._server(model, self._keys.cached_key)
        if server is None:
            raise InvalidRequest(
                f"no server is configured for {model}: set {_VARIABLES}, "
                "or use the model `local`, which requires no account"
            )
        return self._endpoint(server, model, self._keys.cached_key)

    def _endpoint(self, server: Server, model: str, look_up: LookUp) -> Endpoint:
        _register_secrets(server.base_url)
        key = look_up(server.key) if server.key else None
        return Endpoint(
            name=urlsplit(server.base_url).hostname or "",
            base_url=server.base_url,
            model=_name_at(server, model),
            secret=key.secret if key else None,
            key_variable=server.key,
            headers={name: _header(name, value) for name, value in server.headers.items()},
        )

    def _server(self, model: str, look_up: LookUp) -> Server | None:
        return self._configuration.config().route(model) or self._gateway(look_up)

    def _gateway(self, look_up: LookUp) -> Server | None:
        """Return the server of models without a route."""
        base_url = self._configuration.setting("base_url")
        if base_url is not None and base_url.value is not UNSET:
            is_openai = base_url.source.startswith("OPENAI")
            key = "OPENAI_API_KEY" if is_openai else "CHAT_MAGIC_API_KEY"
            return Server(base_url=base_url.value, key=key)
        if look_up("OPENAI_API_KEY"):
            return Server(base_url=f"https://{_OPENAI_HOST}/v1", key="OPENAI_API_KEY")
        return None


def masked(base_url: str) -> str:
    """Return a base URL without the keys that it may contain, as it can be shown."""
    _register_secrets(base_url)
    return redact(base_url)


def _register_secrets(base_url: str) -> None:
    """Register the keys in a URL for redaction."""
    parts = urlsplit(base_url)
    values = [value for name, value in parse_qsl(parts.query) if _KEY_NAME.search(name)]
    for value in [*values, parts.password or ""]:
        if value.strip():
            Secret(value)


def _header(name: str, value: str) -> Secret:
    """Fill in the variables of a header; they and the whole value are registered for redaction."""
    label = f"{FILE}: the header {name}"

    def variable(match: re.Match[str]) -> str:
        value = os.environ.get(match[1], "")
        if not value.strip():
            raise InvalidRequest(f"{label} names the variable {match[1]}, which is not set")
        return Secret(value, match[1], may_hold_spaces=True).reveal()

    return Secret(_PLACEHOLDER.sub(variable, value), label, may_hold_spaces=True)


def _name_at(server: Server, model: str) -> str:
    """Return the name of a model at a server."""
    vendor, slash, name = model.partition("/")
    if not slash:
        return model
    if server.takes == "model":
        return name
    if urlsplit(server.base_url).hostname != _OPENAI_HOST:
        return model
    if vendor != "openai" or "/" in name:
        raise InvalidRequest(
            f"{model}: {_OPENAI_HOST} has only openai/ models; "
            "set CHAT_MAGIC_BASE_URL to a gateway that takes vendor/model"
        )
    return name
