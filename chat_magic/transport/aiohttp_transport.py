"""Requests of the HTTP library carried by aiohttp, whose parser is compiled.

An event then costs little more than decoding it does, and a request does not wait for a search
through all connections; `tests/benchmarks/README.md` has the figures.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    import httpx
else:
    try:
        import httpx2 as httpx
    except ImportError:
        import httpx

__all__ = ["AiohttpTransport"]

_READ_BUFFER = 2**18
"""Bytes that may wait to be read before the sender is held back."""
_IDLE_S = 60.0
"""How long an idle connection is kept: the next cell is typed in the meantime."""
_NOT_OURS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Headers that aiohttp would add."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """A transport that sends each request by aiohttp, on the loop that first uses it.

    Args:
        authorities: Whose certificates to trust.
        connect_s: Seconds that a connection may take.
        proxy_of: Returns the proxy for a URL, None for none.
    """

    def __init__(
        self,
        authorities: ssl.SSLContext,
        *,
        connect_s: float,
        proxy_of: Callable[[str], str | None],
    ) -> None:
        self._authorities = authorities
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s)
        self._proxy_of = proxy_of
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return its response when the head is here."""
        url = str(request.url)
        try:
            response = await self._opened().request(
                request.method,
                URL(url, encoded=True),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
                proxy=self._proxy_of(url),
            )
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from _cause(error)
        return httpx.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=_Body(response),
            request=request,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=_IDLE_S, ssl=self._authorities
                ),
                timeout=self._timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_NOT_OURS,
                read_bufsize=_READ_BUFFER,
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    """A response's body as it comes; closing it before its end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        try:
            async for data in content.iter_any():
                yield data
        except (aiohttp.ClientError, OSError) as error:
            if unread := _unread(content):
                yield unread
            raise _translated(error) from _cause(error)

    async def aclose(self) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()
            await asyncio.sleep(0)  # the socket is closed by the loop


def _unread(content: aiohttp.StreamReader) -> bytes:
    """Return what had come before an error, which the error would keep back."""
    content.set_exception(None)  # type: ignore[arg-type]  # there is no other way to reach it
    return content.read_nowait()


def _translated(error: aiohttp.ClientError | OSError) -> httpx.TransportError:
    """Return an error of aiohttp as one of the HTTP library."""
    match error:
        case aiohttp.ServerTimeoutError():
            return httpx.ConnectTimeout("no connection in time")
        case aiohttp.ClientProxyConnectionError():
            return httpx.ProxyError(str(error.os_error))
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(f"the proxy answered {error.status} {error.message}")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(str(error.os_error))
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("the server hung up without an answer")
        case aiohttp.ClientPayloadError() if "ConnectionResetError" in str(error):
            return httpx.ReadError("connection reset")  # which stands nowhere but in its words
        case aiohttp.ClientPayloadError():
            return httpx.RemoteProtocolError("peer closed connection in the middle of its answer")
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError("what came is no HTTP")
    return httpx.ReadError(str(error))


def _cause(error: aiohttp.ClientError | OSError) -> BaseException:
    """Return the plainest error behind one of aiohttp."""
    return getattr(error, "os_error", None) or error.__cause__ or error
