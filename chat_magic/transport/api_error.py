"""The `ApiError` for a server's refusal: what the server said, and what to change."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from contextlib import aclosing, suppress
from html import unescape
from typing import TYPE_CHECKING

from chat_magic.core.reply.server_error import describe_error
from chat_magic.core.request.parameters import advice_on_parameters
from chat_magic.errors import ApiError
from chat_magic.transport import http
from chat_magic.transport.credentials import redact
from chat_magic.transport.retry import Failure, server_delay_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.transport.endpoints import Endpoint

__all__ = ["api_error", "error_text", "read_refusal", "shown"]

_MAX_BODY = 64 * 1024
_BODY_S = 5.0
"""How long reading the body of a refusal may take."""
_MAX_WORDS = 1000
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


async def read_refusal(
    endpoint: Endpoint, response: http.Response, sent: Sequence[str]
) -> ApiError:
    """Read a response that is not a success, and return it as an error; see `api_error`."""
    body = bytearray()
    with suppress(TimeoutError, http.ConnectionLost):
        async with asyncio.timeout(_BODY_S), aclosing(http.chunks(response)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > _MAX_BODY:
                    break
    return api_error(endpoint, response, error_text(bytes(body)), sent)


def api_error(
    endpoint: Endpoint, response: http.Response, words: str, sent: Sequence[str]
) -> ApiError:
    """Return the error for a response, with the server's message and what to change.

    Args:
        endpoint: The server that answered.
        response: Its response.
        words: The message in it.
        sent: The fields of the request, one of which the message may name.
    """
    status = response.status
    request_id = _request_id(response)
    parts = [
        f"{endpoint.name} answered {status}: {shown(words)}",
        _advice(endpoint, response) or advice_on_parameters(words, sent),
        f"request {request_id}" if request_id else "",
    ]
    message = "; ".join(part for part in parts if part)
    return ApiError(redact(message), status=status, request_id=request_id)


def error_text(body: bytes) -> str:
    """Return the message in a body: of a JSON error, the title of an HTML page, or the text."""
    text = body.decode(errors="replace").strip()
    if not text:
        return "nothing (an empty body)"
    if text.startswith("<"):
        title = _TITLE.search(text)
        name = f' "{unescape(title[1]).strip()}"' if title else ""
        return describe_error(
            f"an HTML page{name} instead of JSON: is the base URL right, "
            "and is a proxy or a login page in between?"
        )
    try:
        return describe_error(json.loads(text))
    except (ValueError, RecursionError):
        return describe_error(text)


def shown(words: str) -> str:
    """Return a server's message without keys, shortened to a readable length."""
    words = redact(words)
    return words if len(words) <= _MAX_WORDS else words[:_MAX_WORDS] + "…"


def _request_id(response: http.Response) -> str | None:
    for name in _REQUEST_IDS:
        if value := response.headers.get(name):
            return shown(describe_error(value))
    return None


def _advice(endpoint: Endpoint, response: http.Response) -> str:
    status = response.status
    if status == 401:
        return f"check the key in {endpoint.key_variable}" if endpoint.key_variable else ""
    if status == 404:
        return f"does this server have a model {endpoint.model!r}, and is the base URL right?"
    if status == 429:
        return f"too many requests, or no credit left: {_wait(response, 'wait and try again')}"
    if status >= 500:
        return f"this is a fault of the server: {_wait(response, 'try again later')}"
    if target := http.redirect_target(response):
        place = http.address(redact(target))
        return f"it redirects to {place}: if that is right, set the base URL to it"
    return ""


def _wait(response: http.Response, otherwise: str) -> str:
    failure = Failure(status=response.status, headers=http.header_fields(response))
    delay_s = server_delay_s(failure, now_s=time.time())
    return otherwise if delay_s is None else f"wait {math.ceil(delay_s)} s and try again"
