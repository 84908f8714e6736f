"""The HTTP transports that were tried, each put under our client."""

from __future__ import annotations

import sys

TRANSPORTS = ("httpx", "httpx2", "httpx+aiohttp", "httpx2+aiohttp", "httpx-aiohttp")


def use(name: str) -> None:
    """Let our client send by a transport; before anything of ours is imported."""
    library, _, other = name.partition("+")
    if library.startswith("httpx") and library != "httpx2":
        sys.modules["httpx2"] = None  # type: ignore[assignment]
    from chat_magic.transport import http

    if library == "httpx-aiohttp":
        http.AiohttpTransport = _the_package  # type: ignore[assignment,misc]
    elif not other:
        limits = http.httpx.Limits(max_connections=None, max_keepalive_connections=512)
        http.AiohttpTransport = lambda *_, **__: http.httpx.AsyncHTTPTransport(limits=limits)  # type: ignore[assignment,misc]


def _the_package(*_: object, **__: object) -> object:
    """Return the transport of the package httpx-aiohttp, without its limit of 100."""
    import aiohttp
    from httpx_aiohttp import AiohttpTransport

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    return AiohttpTransport(client=session)
