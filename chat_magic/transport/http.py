"""The only module that uses aiohttp: the pooled client, its requests and its errors."""

from __future__ import annotations

import asyncio
import io
import logging
import math
import socket
import ssl
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from yarl import URL

from chat_magic.errors import ChatError, ConnectionFailed, InvalidRequest, RequestTimeout
from chat_magic.transport.authorities import Authorities, advice_on_certificate
from chat_magic.transport.credentials import redact

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping
    from pathlib import Path

    from chat_magic.transport.credentials import Secret

__all__ = [
    "ConnectionLost",
    "HttpClient",
    "Response",
    "address",
    "chunks",
    "close_response",
    "cost_of",
    "has_ended",
    "header_fields",
    "is_success",
    "may_pass",
    "reason",
    "redirect_target",
]

Response = aiohttp.ClientResponse

_CONNECT_S = 10.0
_MAX_REDIRECTS = 3
_READ_BUFFER = 2**18
"""Bytes that may wait to be read before the sender is held back."""
_IDLE_S = 60.0
"""How long an idle connection is kept: the next cell is typed in the meantime."""
_LARGE_BODY = 2**20
"""Bytes from which the library wants a body as a file."""
_COST = "x-litellm-response-cost"
_NOT_SENT = ("Accept", "Content-Type")
"""Headers that aiohttp would add."""


class ConnectionLost(Exception):
    """The connection or the protocol failed; the error of the library is `__cause__`.

    Args:
        why: What happened, in plain words.
        may_pass: Whether another try may succeed; an unknown host, for one, stays unknown.
    """

    def __init__(self, why: str, *, may_pass: bool = True) -> None:
        super().__init__(why)
        self.may_pass = may_pass


def _redact_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = redact(record.getMessage()), None
    return True


logging.getLogger("aiohttp.client").addFilter(_redact_record)


class HttpClient:
    """A pool of connections on the event loop that uses it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._authorities = Authorities()
        self._inherited: list[aiohttp.ClientSession] = []
        """Sessions of a parent process: in a forked child, closing them would close its sockets."""

    async def post(
        self,
        url: str,
        body: bytes,
        secret: Secret | None,
        *,
        headers: Mapping[str, Secret] | None = None,
        idempotency_key: str | None = None,
        keep_alive: bool = True,
        ca_bundle: str | None = None,
    ) -> Response:
        """Send a JSON body; return the response once its head has arrived.

        The caller reads the response with `chunks` and closes it. A redirect that keeps the method
        and the host is followed; any other is returned, so that no key is sent to another host.
        Requests with the same `idempotency_key` count as one to a server that supports such keys
        (draft-ietf-httpapi-idempotency-key-header). `ca_bundle` names the authorities that certify
        the server, in place of those of the environment.

        Raises:
            ConnectionFailed: The connection failed, or was lost before the response.
            RequestTimeout: Connecting took too long.
            InvalidRequest: The URL cannot be used.
        """
        sent = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        if not keep_alive:
            sent["Connection"] = "close"
        return await self._send("POST", url, body, sent, secret, headers or {}, ca_bundle)

    async def get(
        self,
        url: str,
        secret: Secret | None,
        *,
        headers: Mapping[str, Secret] | None = None,
        ca_bundle: str | None = None,
    ) -> Response:
        """Request the content of a URL; see `post`."""
        sent = {"Accept": "application/json", "Connection": "close"}
        return await self._send("GET", url, None, sent, secret, headers or {}, ca_bundle)

    async def delete(
        self,
        url: str,
        secret: Secret | None,
        *,
        headers: Mapping[str, Secret] | None = None,
        ca_bundle: str | None = None,
    ) -> Response:
        """Delete what a URL names; see `post`."""
        sent = {"Accept": "application/json"}
        return await self._send("DELETE", url, None, sent, secret, headers or {}, ca_bundle)

    async def upload(
        self,
        url: str,
        fields: Mapping[str, str],
        file: Path,
        secret: Secret | None,
        *,
        headers: Mapping[str, Secret] | None = None,
        ca_bundle: str | None = None,
    ) -> Response:
        """Send a form with a file, which is read as it is sent; see `post`.

        No redirect is followed, since the file has been read by then.

        Args:
            url: Where to.
            fields: The other fields of the form.
            file: What its field `file` holds.
            secret: The key.
            headers: Further headers.
            ca_bundle: The authorities that certify the server.
        """
        try:
            with file.open("rb") as content:
                form = aiohttp.FormData(dict(fields))
                form.add_field(
                    "file", content, filename=file.name, content_type="application/jsonl"
                )
                data = form()
                sent = {"Accept": "application/json", "Content-Type": data.content_type}
                return await self._request(
                    "POST", url, data, sent, secret, headers or {}, ca_bundle
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _send_error(error, url) from _connection_lost(error)

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        sent: dict[str, str],
        secret: Secret | None,
        headers: Mapping[str, Secret],
        ca_bundle: str | None,
    ) -> Response:
        try:
            for n_left in reversed(range(_MAX_REDIRECTS + 1)):
                response = await self._request(
                    method, url, _payload(body), sent, secret, headers, ca_bundle
                )
                target = redirect_target(response) if response.status in {307, 308} else ""
                if not n_left or not target or not _is_same_host(url, target):
                    break
                await close_response(response)
                url = target
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _send_error(error, url) from _connection_lost(error)
        return response

    async def _request(
        self,
        method: str,
        url: str,
        data: bytes | io.BytesIO | aiohttp.payload.Payload | None,
        sent: dict[str, str],
        secret: Secret | None,
        headers: Mapping[str, Secret],
        ca_bundle: str | None,
    ) -> Response:
        return await self._opened().request(
            method,
            URL(url, encoded=True),
            headers=_revealed(sent, secret, headers),
            data=data,
            allow_redirects=False,
            proxy=_proxy_of(url),
            ssl=self._authorities.context(ca_bundle) if _is_secure(url) else True,
        )

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is not loop:
            self._inherited.append(self._session)
            self._session = None
        if self._session is None:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
                headers={"User-Agent": "chat-magic"},
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_NOT_SENT,
                read_bufsize=_READ_BUFFER,
            )
        return self._session


async def chunks(response: Response) -> AsyncGenerator[bytes, None]:
    """Yield a body's bytes as they arrive, decompressed.

    Raises:
        ConnectionLost: The connection or the protocol failed; what had arrived was yielded first.
    """
    content = response.content
    try:
        async for data in content.iter_any():
            yield data
    except (aiohttp.ClientError, OSError) as error:
        if unread := _unread(content):
            yield unread
        lost = _connection_lost(error)
        raise lost from lost.__cause__


def has_ended(response: Response) -> bool:
    """Whether a body was read to its end."""
    return response.content.at_eof()


async def close_response(response: Response) -> None:
    """Release a response: its connection is kept if the body was read to the end, else closed."""
    if has_ended(response):
        response.release()
    else:
        response.close()
        await asyncio.sleep(0)  # the loop closes the socket


def header_fields(response: Response) -> dict[str, str]:
    """Return a response's headers by their names in lower case; the first of a name counts."""
    return {name.lower(): value for name, value in reversed(list(response.headers.items()))}


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    """Return a body as the library takes it: it warns of large bytes, which it sends in one go."""
    return io.BytesIO(body) if body and len(body) > _LARGE_BODY else body


def cost_of(response: Response) -> float | None:
    """Return what an answer cost in dollars, as LiteLLM says in a header; None if it does not.

    At the head of a stream the cost is not known yet: a zero there says nothing.
    """
    try:
        cost = float(response.headers.get(_COST, ""))
    except ValueError:
        return None
    is_stream = response.content_type == "text/event-stream"
    is_said = cost > 0 or (cost == 0 and not is_stream)
    return cost if is_said and math.isfinite(cost) else None


def is_success(response: Response) -> bool:
    """Whether the status is 2xx."""
    return 200 <= response.status < 300


def address(url: str) -> str:
    """Return a URL's host and port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"http": 80}.get(parts.scheme, 443)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def redirect_target(response: Response) -> str:
    """Return the URL that a response redirects to; empty when it is not a redirect."""
    location = response.headers.get("location")
    if response.status not in {301, 302, 303, 307, 308} or not location:
        return ""
    try:
        return str(response.url.join(URL(location, encoded=True)))
    except ValueError:
        return ""


def may_pass(error: BaseException | None) -> bool:
    """Whether a connection that failed may succeed on the next try."""
    return isinstance(error, ConnectionLost) and error.may_pass


def reason(error: BaseException) -> str:
    """Return the cause of a chain of exceptions in plain words."""
    for cause in _chain(error):
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, ConnectionResetError):
            return "connection reset"
        if isinstance(cause, socket.gaierror):
            return "the host name is unknown"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: {cause.verify_message}{advice_on_certificate(cause)}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {cause.reason or cause}"
    return str(error) or type(error).__name__


def _revealed(
    sent: Mapping[str, str], secret: Secret | None, headers: Mapping[str, Secret]
) -> dict[str, str]:
    """Reveal the secrets in a value that is not assigned to a variable, which tracebacks show."""
    return {
        **sent,
        **{name: value.reveal() for name, value in headers.items()},
        **({"Authorization": f"Bearer {secret.reveal()}"} if secret is not None else {}),
    }


def _is_same_host(url: str, target: str) -> bool:
    """Whether a redirect stays on the host: at the same port, or from http to https."""
    old, new = urlsplit(url), urlsplit(target)
    is_upgrade = (old.scheme, new.scheme) == ("http", "https")
    return old.hostname == new.hostname and (address(url) == address(target) or is_upgrade)


def _send_error(error: aiohttp.ClientError | OSError | ValueError, url: str) -> ChatError:
    if isinstance(error, aiohttp.InvalidURL) or not isinstance(
        error, aiohttp.ClientError | OSError
    ):
        return InvalidRequest(redact(f"the base URL cannot be used: {error}"))
    place = address(url) + _through(url)
    match error:
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return RequestTimeout(f"no connection to {place} within {_CONNECT_S:.0f} s")
        case aiohttp.ClientConnectorError() | aiohttp.ClientHttpProxyError():
            why = reason(_connection_lost(error))
            return ConnectionFailed(redact(f"no connection to {place}: {why}"))
    why = reason(_connection_lost(error))
    return ConnectionFailed(redact(f"the connection to {place} was lost: {why}"))


def _connection_lost(error: Exception) -> ConnectionLost:
    """Translate an error of the library; the underlying cause is its `__cause__`."""
    lost = ConnectionLost(_words(error), may_pass=_may_pass(error))
    lost.__cause__ = _refusal(error) or error.__cause__ or error
    return lost


def _refusal(error: Exception) -> BaseException | None:
    """Return the error of the system or of TLS behind an error of the library, if it has one."""
    # In aiohttp before 3.11 a refused certificate has no os_error.
    refused: BaseException | None = getattr(error, "certificate_error", None)
    return refused or getattr(error, "os_error", None)


def _words(error: Exception) -> str:
    match error:
        case aiohttp.ServerTimeoutError():
            return "connecting took too long"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status} {error.message}"
        case aiohttp.ClientConnectorError():
            return str(_refusal(error))
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection without an answer"
        case aiohttp.ClientError() if _is_undecodable(error):
            return "its compressed body cannot be decoded"
        case aiohttp.ClientPayloadError() if "ConnectionResetError" in str(error):
            return "connection reset"  # the library says so only in its message
        case aiohttp.ClientPayloadError():
            return "the server closed the connection in the middle of its answer"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP"
    return str(error)


def _is_undecodable(error: BaseException) -> bool:
    return any(isinstance(cause, ContentEncodingError) for cause in _chain(error))


def _may_pass(error: Exception) -> bool:
    lasting = (
        socket.gaierror,
        ssl.SSLCertVerificationError,
        aiohttp.ClientProxyConnectionError,
        aiohttp.ClientHttpProxyError,
        ContentEncodingError,
    )
    causes = [*_chain(error), _refusal(error)]
    return not any(isinstance(cause, lasting) for cause in causes)


def _unread(content: aiohttp.StreamReader) -> bytes:
    """Return what had arrived before an error, which the library would withhold."""
    content.set_exception(None)  # type: ignore[arg-type]  # nothing public reaches it
    return content.read_nowait()


def _through(url: str) -> str:
    proxy = _proxy_of(url)
    return f" through the proxy {address(proxy)}" if proxy else ""


def _proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for a URL; None if there is none, or on loopback.

    Raises:
        ConnectionFailed: Its scheme is not supported.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_loopback(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    scheme = urlsplit(proxy).scheme
    if scheme not in {"http", "https"}:
        raise ConnectionFailed(
            f"the environment names a {scheme} proxy: expected an http or https proxy"
        )
    return proxy


def _is_secure(url: str) -> bool:
    return urlsplit(url).scheme == "https"


@lru_cache(maxsize=256)  # each request asks
def _is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name (RFC 6761 §6.3) or its address."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        number = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
