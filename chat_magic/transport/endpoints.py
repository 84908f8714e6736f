"""Which server answers for a model, and with which key."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from chat_magic.errors import InvalidRequest
from chat_magic.transport import local
from chat_magic.transport.credentials import Secret, from_environment, redact

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

__all__ = ["Endpoint", "default_model", "describe", "resolve"]

LOCAL_MODEL = "local/smollm2-135m-instruct"
_OPENAI_HOST = "api.openai.com"
_VARIABLES = "CHAT_MAGIC_BASE_URL and CHAT_MAGIC_API_KEY (or OPENAI_API_KEY)"
_KEY_NAME = re.compile("key|token|secret|sig", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A server that answers for a model."""

    name: str
    """What it is called in messages."""
    base_url: str
    """Scheme, host and path up to `/chat/completions`."""
    model: str
    """The model's name as this server takes it."""
    secret: Secret | None = None
    key_variable: str | None = None
    """The environment variable that holds the key; None for the local server."""
    keeps_alive: bool = True
    """Whether a connection can be used again."""

    @property
    def url(self) -> str:
        """Where a completion is asked for."""
        parts = urlsplit(self.base_url)
        path = parts.path.rstrip("/").removesuffix("/chat/completions") + "/chat/completions"
        return parts._replace(path=path).geturl()


def default_model() -> tuple[str, str | None]:
    """Return the model to ask when none is named, and a notice when nothing is configured.

    Raises:
        InvalidRequest: A server is configured, but no model.
    """
    if model := os.environ.get("CHAT_MAGIC_MODEL", "").strip():
        return model, None
    if _gateway() is not None:
        raise InvalidRequest(
            "no model: name one (%%chat openai/gpt-4o), or set CHAT_MAGIC_MODEL; "
            "`local` is the one that runs on this machine"
        )
    notice = f"no server is configured: {LOCAL_MODEL} answers; for others set {_VARIABLES}"
    return LOCAL_MODEL, notice


async def resolve(
    model: str, on_progress: Callable[[str, float | None], None] | None = None
) -> Endpoint:
    """Return the server for a model; the local one is started if need be.

    Args:
        model: `vendor/model`, `local`, `local/NAME` or `local/PATH.gguf`.
        on_progress: Told what is done meanwhile, and how far it is (0 to 1).

    Raises:
        InvalidRequest: The configuration lacks something, or names what cannot be used.
        ConnectionFailed: The local server did not start.
    """
    if not local.is_local(model):
        return _configured(model)
    server = await asyncio.to_thread(local.connect, model, on_progress)
    return Endpoint(
        name="the local server",
        base_url=server.base_url,
        model=server.model,
        secret=Secret(server.api_key),
        keeps_alive=False,  # llama.cpp says it does, and closes the connection after a stream
    )


def describe(model: str) -> str:
    """Say in a line where a request for this model would be sent; starts nothing.

    Raises:
        InvalidRequest: As `resolve`.
    """
    if local.is_local(model):
        return f"POST to the local server on this machine, as {model}"
    endpoint = _configured(model)
    key = f"the key in {endpoint.key_variable}" if endpoint.secret else "no key"
    return redact(f"POST {endpoint.url} with {key}")


def _configured(model: str) -> Endpoint:
    if not model.strip():
        raise InvalidRequest("no model is named")
    gateway = _gateway()
    if gateway is None:
        raise InvalidRequest(
            f"no server is configured for {model}: set {_VARIABLES}, "
            "or use the model `local`, which needs no account"
        )
    base_url, key_variable = gateway
    host = urlsplit(base_url).hostname or ""
    secret = from_environment(key_variable)
    return Endpoint(
        name=host,
        base_url=base_url,
        model=_openai_name(model) if host == _OPENAI_HOST else model,
        secret=secret,
        key_variable=key_variable,
    )


def _gateway() -> tuple[str, str] | None:
    """Return the configured base URL and the variable that holds its key."""
    for prefix in ("CHAT_MAGIC", "OPENAI"):
        if base_url := _base_url(f"{prefix}_BASE_URL"):
            return base_url, f"{prefix}_API_KEY"
    if os.environ.get("OPENAI_API_KEY", "").strip():
        return f"https://{_OPENAI_HOST}/v1", "OPENAI_API_KEY"
    return None


def _base_url(variable: str) -> str | None:
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or " " in value or not value.isprintable():
        raise InvalidRequest(f"{variable} is no URL such as https://host/v1")
    _register_secrets(parts)
    return value


def _register_secrets(parts: SplitResult) -> None:
    """Make keys that a URL itself holds known to the redactor."""
    values = [value for name, value in parse_qsl(parts.query) if _KEY_NAME.search(name)]
    for value in [*values, parts.password or ""]:
        if value.strip():
            Secret(value)


def _openai_name(model: str) -> str:
    vendor, slash, name = model.rpartition("/")
    if slash and vendor != "openai":
        raise InvalidRequest(
            f"{model}: {_OPENAI_HOST} has only openai/ models; "
            "set CHAT_MAGIC_BASE_URL to a gateway that takes vendor/model"
        )
    return name
