"""Which server answers for a model, and which key it requires."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from chat_magic.core.nearest import nearest
from chat_magic.core.request.config import Server
from chat_magic.core.request.server_url import ServerUrl, is_key_name
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.configuration import FILE
from chat_magic.transport.credentials import Secret, redact, refuse_quotes, register_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from chat_magic.core.request.config import Prefill
    from chat_magic.transport.configuration import Configuration
    from chat_magic.transport.keys import KeyCache, StoredKey

    LookUp = Callable[[str], StoredKey | None]

__all__ = ["LOCAL_MODEL", "Endpoint", "EndpointResolver", "host_of", "masked"]

LOCAL_MODEL = local.BUNDLED
_OPENAI_HOST = "api.openai.com"
_VENDORS = frozenset(
    [
        "anthropic", "cohere", "deepseek", "google", "meta-llama", "mistralai", "openai", "qwen",
        "x-ai",
    ]
)  # fmt: skip
"""Vendors whose names tell a model from other words with a slash."""
_VARIABLES = "CHAT_MAGIC_BASE_URL and CHAT_MAGIC_API_KEY (or OPENAI_API_KEY alone)"
_CREDENTIAL = re.compile(
    "auth(orization)?$|cookie|token$|secret|key$|password|credential|signature", re.IGNORECASE
)
"""Names of headers that carry credentials."""
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
    source: str = "the base URL"
    """Where its base URL was set."""
    known_models: Callable[[], Sequence[str]] = field(default=tuple, repr=False)
    """Returns the models that a misspelled name may stand for."""
    has_password: bool = False
    """Whether its headers hold a user and a password that the base URL contained."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are sent with each request that does not set them itself."""
    prefill: Prefill | None = None
    """What it does with a final assistant message; None where that is not known yet."""
    ca_bundle: str | None = None
    """The file or folder of the authorities that certify it; None for the usual ones."""
    timeout_s: float | None = None
    """Seconds that an answer may take, where the request does not say."""

    @cached_property
    def url(self) -> str:
        """The URL of completions."""
        return self._at("/chat/completions")

    @cached_property
    def address(self) -> str:
        """The URL of completions without the credentials that it may contain."""
        parts = urlsplit(self.url)
        query = [pair for pair in parts.query.split("&") if not is_key_name(pair.split("=")[0])]
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=host, query="&".join(query), fragment="").geturl()

    @property
    def models_url(self) -> str:
        """The URL of the list of models."""
        return self._at("/models")

    def server_url(self, path: str) -> str:
        """The URL of a path beside `/v1`, where servers have endpoints of their own."""
        return self._at(path, above="/v1")

    def files_url(self, path: str = "", query: str = "") -> str:
        """Return the URL of the files, or of what a path below names; the query is added."""
        return _with_query(self._at("/files" + path), query)

    def batches_url(self, path: str = "", query: str = "") -> str:
        """Return the URL of the batches, or of what a path below names; the query is added."""
        return _with_query(self._at("/batches" + path), query)

    def _at(self, path: str, above: str = "") -> str:
        parts = urlsplit(self.base_url)
        base = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix(above)
        if isinstance(self.base_url, ServerUrl):
            return self.base_url.with_path(base + path)
        return parts._replace(path=base + path).geturl()


class EndpointResolver:
    """Finds the server of a model from the configuration and keys of a session."""

    def __init__(self, configuration: Configuration, keys: KeyCache) -> None:
        self._configuration = configuration
        self._keys = keys
        self._listed: tuple[str, ...] = ()

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

    def note_listed(self, models: Iterable[str]) -> None:
        """Remember the names of a server's list of models, for hints."""
        self._listed = tuple(models)

    def known_models(self) -> tuple[str, ...]:
        """Return the names of models and aliases that are known without asking a server."""
        config = self._configuration.config()
        default = self._configuration.value_of("model")
        exact = (name for name in (*config.routes, *config.prices) if not name.endswith("*"))
        names = ("local", LOCAL_MODEL, *filter(None, [default]), *config.aliases, *exact)
        return tuple(dict.fromkeys((*names, *self._listed)))

    def is_known_model(self, word: str) -> bool:
        """Whether a word is the name of a model rather than the beginning of a prompt."""
        if local.is_local(word) or word in self.known_models():
            return True
        vendor, slash, name = word.partition("/")
        routes = self._configuration.config().routes
        vendors = _VENDORS.union(route.partition("/")[0] for route in routes if "/" in route)
        return bool(slash and name) and vendor in vendors

    def find_server(self, model: str) -> Server | None:
        """Return the configured server of a model, as far as that is known without its key."""
        return None if local.is_local(model) else self._server(model, self._keys.cached_key)

    def has_server(self, model: str, endpoint: Endpoint | None) -> bool:
        """Whether a request can be sent: to a server whose key, if it is named, is known.

        Args:
            model: The model; a local one must be on this machine.
            endpoint: As `find` has returned it.
        """
        if local.is_local(model):
            return local.is_present(model)
        if endpoint is None:
            return False
        route = self._configuration.config().route(model)
        return not (route and route.key and endpoint.secret is None)

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
            prefill="continue",
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
        return redact(f"POST {masked(endpoint.url)} with {key}{name}")

    def _configured(self, model: str) -> Endpoint:
        if not model.strip():
            raise InvalidRequest("no model is given")
        server = self._server(model, self._keys.cached_key)
        if server is None:
            near = nearest(model, [name for name in self.known_models() if name != model])
            raise InvalidRequest(
                f"no server is configured for {model}{f'{near} Otherwise' if near else ':'} "
                f"set {_VARIABLES}, or use the model `local`, which requires no account"
            )
        return self._endpoint(server, model, self._keys.cached_key)

    def _endpoint(self, server: Server, model: str, look_up: LookUp) -> Endpoint:
        url = server.base_url
        for part in url.query_keys():
            register_key(part)
        headers = {name: _header(name, value) for name, value in server.headers.items()}
        key = None
        if url.user:
            headers["Authorization"] = _basic_authorization(url)
        elif server.key:
            key = look_up(server.key)
        return Endpoint(
            name=host_of(url),
            base_url=url,
            model=_name_at(server, model),
            secret=key.secret if key else None,
            key_variable=None if url.user else server.key,
            headers=headers,
            source=server.source,
            has_password=bool(url.user),
            extra=server.extra,
            prefill=server.prefill,
            ca_bundle=server.ca_bundle,
            timeout_s=server.timeout_s,
            known_models=self.known_models,
        )

    def _server(self, model: str, look_up: LookUp) -> Server | None:
        return self._configuration.config().route(model) or self._gateway(look_up)

    def _gateway(self, look_up: LookUp) -> Server | None:
        """Return the server of models without a route."""
        base_url = self._configuration.setting("base_url")
        if base_url is not None and base_url.value is not UNSET:
            is_openai = base_url.source.startswith("OPENAI")
            key = "OPENAI_API_KEY" if is_openai else "CHAT_MAGIC_API_KEY"
            return Server(base_url=base_url.value, source=base_url.source, key=key)
        if look_up("OPENAI_API_KEY"):
            url = ServerUrl.read(f"https://{_OPENAI_HOST}/v1", "the URL of OpenAI")
            return Server(base_url=url, source=url, key="OPENAI_API_KEY")
        return None


def _with_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def host_of(url: str) -> str:
    """Return the host of a URL, an IPv6 address in brackets."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def masked(base_url: str) -> str:
    """Return a base URL without the keys that it may contain, as it can be shown."""
    if not isinstance(base_url, ServerUrl):
        base_url = ServerUrl.read(base_url, "the base URL")
    return redact(base_url.masked())


def _basic_authorization(url: ServerUrl) -> Secret:
    """Return the value of the header for the user and the password in a URL (RFC 7617)."""
    user, password = url.user, url.password()
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    for key in {password or user, quote(password or user, safe=""), pair}:
        register_key(key)
    return Secret(f"Basic {pair}", "the password of the base URL", may_hold_spaces=True)


def _header(name: str, value: str) -> Secret:
    """Fill in the variables of a header.

    They are keys, and so is the value of a header that carries credentials by its name; any other
    value is only not shown.
    """
    label = f"{FILE}: the header {name}"

    def variable(match: re.Match[str]) -> str:
        value = os.environ.get(match[1], "").strip()
        if not value:
            raise InvalidRequest(f"{label} names the variable {match[1]}, which is not set")
        refuse_quotes(value, match[1])
        return Secret(value, match[1], may_hold_spaces=True).reveal()

    filled = _PLACEHOLDER.sub(variable, value)
    is_key = _CREDENTIAL.search(name) is not None
    for part in _credentials_in(filled) if is_key else ():
        register_key(part)
    return Secret(filled, label, may_hold_spaces=True, is_key=is_key)


def _credentials_in(value: str) -> Iterator[str]:
    """Yield the keys in a value such as `Bearer KEY` or `a=KEY; b=KEY`."""
    words = value.split()
    for word in words[1:] if len(words) > 1 else words:
        yield word.strip(";,")
    for pair in re.split(r"[;,\s]+", value):
        yield pair.partition("=")[2].strip('"')


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
