"""The one place that meets httpx: the pooled client, what it sends, and its errors."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from chat_magic.errors import ChatError, ConnectionFailed, InvalidRequest, RequestTimeout
from chat_magic.transport.aiohttp_transport import AiohttpTransport
from chat_magic.transport.credentials import redact

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    import httpx

    from chat_magic.transport.credentials import Secret
else:
    try:
        import httpx2 as httpx
    except ImportError:
        import httpx

__all__ = [
    "Fault",
    "Response",
    "address",
    "chunks",
    "close",
    "get",
    "may_pass",
    "post",
    "reason",
    "redirect_target",
]

Response = httpx.Response
Fault = httpx.HTTPError
"""What reading a response raises when the connection or the protocol fails."""

_CONNECT_S = 10.0
_MAX_REDIRECTS = 3
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def _redacted(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), None
    return True


for _name in (httpx.__name__, "aiohttp.client"):
    logging.getLogger(_name).addFilter(_redacted)


async def post(
    url: str,
    body: bytes,
    secret: Secret | None,
    *,
    headers: Mapping[str, Secret] | None = None,
    idempotency_key: str | None = None,
    keep_alive: bool = True,
) -> Response:
    """Send a JSON body; return the response when its head is here, to be closed by its reader.

    A redirect that keeps the method and stays on the host is followed, any other returned: a key
    is not handed to another host. Requests with the same `idempotency_key` are one to a server that
    knows such keys (draft-ietf-httpapi-idempotency-key-header).

    Raises:
        ConnectionFailed: There is no connection, or it was lost before the response.
        RequestTimeout: There was no connection in time.
        InvalidRequest: The URL cannot be used.
    """
    ours = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
    if idempotency_key:
        ours["Idempotency-Key"] = idempotency_key
    if not keep_alive:
        ours["Connection"] = "close"
    return await _send("POST", url, body, secret, headers or {}, ours)


async def get(
    url: str, secret: Secret | None, *, headers: Mapping[str, Secret] | None = None
) -> Response:
    """Ask for what lies at a URL; as `post`."""
    ours = {"Accept": "application/json", "Connection": "close"}
    return await _send("GET", url, None, secret, headers or {}, ours)


async def _send(
    method: str,
    url: str,
    body: bytes | None,
    secret: Secret | None,
    headers: Mapping[str, Secret],
    ours: Mapping[str, str],
) -> Response:
    try:
        client = _client()

        async def send(url: str) -> Response:
            request = client.build_request(method, url, content=body, headers=ours)
            _add_secrets(request, secret, headers)
            return await client.send(request, stream=True)

        response = await send(url)
        for _ in range(_MAX_REDIRECTS):
            target = redirect_target(response)
            if response.status_code not in {307, 308} or not _is_same_host(url, target):
                break
            await response.aclose()
            url = target
            response = await send(url)
    except httpx.InvalidURL as error:
        raise InvalidRequest(redact(f"the base URL cannot be used: {error}")) from error
    except httpx.HTTPError as error:
        raise _connection_error(error, url) from error
    return response


def chunks(response: Response) -> AsyncGenerator[bytes, None]:
    """Return the body's bytes as they come, decompressed; reading them raises `Fault`."""
    stream = response.aiter_bytes if "content-encoding" in response.headers else response.aiter_raw
    return cast("AsyncGenerator[bytes, None]", stream())


async def close() -> None:
    """Close the connections of the running loop."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def address(url: str) -> str:
    """Return a URL's host and port."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or {'http': 80}.get(parts.scheme, 443)}"


def redirect_target(response: Response) -> str:
    """Return the URL that a response points to; empty when it points nowhere."""
    if not response.has_redirect_location:
        return ""
    try:
        return str(response.url.join(response.headers["location"]))
    except httpx.InvalidURL:
        return ""


def _client() -> httpx.AsyncClient:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        try:
            _clients[loop] = httpx.AsyncClient(
                transport=AiohttpTransport(
                    _authorities(), connect_s=_CONNECT_S, proxy_of=_proxy_of
                ),
                headers={"User-Agent": "chat-magic"},
            )
        except (ValueError, ImportError, OSError) as error:
            raise ConnectionFailed(
                redact(f"the certificate variables of the environment fail: {error}")
            ) from error
    return _clients[loop]


def _authorities() -> ssl.SSLContext:
    """Return whose certificates to trust: a bundle by the variables that other clients read.

    `SSL_CERT_FILE` and `SSL_CERT_DIR`, which come first, are the library's own.
    """
    is_librarys = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if is_librarys or not bundle:
        return httpx.create_ssl_context()
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _add_secrets(
    request: httpx.Request, secret: Secret | None, headers: Mapping[str, Secret]
) -> None:
    """Reveal the secrets here only: the local variables in a traceback show them masked."""
    for name, value in headers.items():
        request.headers[name] = value.reveal()
    if secret is not None:
        request.headers["Authorization"] = f"Bearer {secret.reveal()}"


def _is_same_host(url: str, target: str) -> bool:
    """Whether a redirect stays on the host, at the same port or from http up to https."""
    old, new = urlsplit(url), urlsplit(target)
    is_upgrade = (old.scheme, new.scheme) == ("http", "https")
    return old.hostname == new.hostname and (address(url) == address(target) or is_upgrade)


def _connection_error(error: httpx.HTTPError, url: str) -> ChatError:
    place = address(url) + _through(url)
    if isinstance(error, httpx.TimeoutException):
        return RequestTimeout(f"no connection to {place} within {_CONNECT_S:.0f} s")
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return ConnectionFailed(redact(f"no connection to {place}: {reason(error)}"))
    return ConnectionFailed(redact(f"the connection to {place} was lost: {reason(error)}"))


def _through(url: str) -> str:
    proxy = _proxy_of(url)
    return f" through the proxy {address(proxy)}" if proxy else ""


def _proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for a URL, None for none and for this machine.

    Raises:
        ConnectionFailed: It is none that can be used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _LOOPBACK:
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in {"http", "https"}:
        kind = urlsplit(proxy).scheme
        raise ConnectionFailed(f"the proxy of the environment is {kind}: only http and https work")
    return proxy


def may_pass(error: BaseException | None) -> bool:
    """Whether a connection that failed may work the next time: an unknown host stays unknown."""
    lasting = (socket.gaierror, ssl.SSLCertVerificationError)
    wrong = (httpx.ProxyError, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    return (
        isinstance(error, httpx.TransportError)
        and not isinstance(error, wrong)
        and not any(isinstance(cause, lasting) for cause in _chain(error))
    )


def reason(error: BaseException) -> str:
    """Return the plainest words in a chain of exceptions."""
    for cause in _chain(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, ConnectionResetError):
            return "connection reset"
        if isinstance(cause, socket.gaierror):
            return "the host name is unknown"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {cause.reason or cause}"
    return str(error) or type(error).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
